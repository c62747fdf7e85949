//! The spec is wrong, or does not fit the host.

use std::fs;

use snapbox::str;

use super::Day;
use crate::support::Call;

/// `provision` with these lines in `datalake.yaml` and no variables.
fn with_yaml(day: &Day, lines: &str) -> Call {
    fs::write(day.host.work().join("datalake.yaml"), lines).unwrap();
    day.host.bare("provision --yes")
}

#[test]
fn an_invalid_bucket_name() {
    let day = Day::new();

    day.refuses(day.provision().arg("--bucket=Acme_Assets"), 78, str![[r#"
error: `bucket`: bucket name `Acme_Assets` is invalid: a name holds lowercase letters, digits and hyphens only, no dots or underscores
hint: the value comes from the command line; `datalake --root=[DIR]/host --bucket=Acme_Assets config explain` shows all of them

"#]]);
    day.refuses(
        day.provision().env("DATALAKE_BUCKET", "ab"),
        78,
        str![[r#"
error: `bucket`: bucket name `ab` is invalid: a name has 3 to 63 characters
hint: the value comes from variable DATALAKE_BUCKET; `datalake --root=[DIR]/host config explain` shows all of them

"#]],
    );
}

#[test]
fn an_unknown_key_with_a_known_one_near() {
    let day = Day::new();

    day.refuses(
        with_yaml(&day, "protect: { keep-old-version: 30d }\n"),
        78,
        str![[r#"
error: datalake.yaml: unknown key `protect.keep-old-version`
hint: did you mean `protect.keep-old-versions`?

"#]],
    );
    day.refuses(
        with_yaml(&day, "buckets: mine\n"),
        78,
        str![[r#"
error: datalake.yaml: unknown key `buckets`
hint: did you mean `bucket`?

"#]],
    );
    day.refuses(with_yaml(&day, "colour: green\n"), 78, str![[r#"
error: datalake.yaml: unknown key `colour`
hint: the keys are: region, endpoint, bucket, prefix, credentials.from, credentials.file, credentials.command, credentials.fd, host.user, host.units, host.handover, host.dagster-home, host.links, protect.versioning, protect.keep-old-versions, protect.abort-uploads, protect.expire, protect.logs-expire, protect.expired-markers, tables.bucket, tables.prefix, catalogs, access, logs, limits.requests-per-second, limits.connections, limits.bandwidth, cost.plan, cost.vat, cost.budget, cost.base-already-paid, cost.on-hetzner, cost.plans, modal.secret, modal.environment, modal.apps, modal.client, modal.container, modal.token, schedule.jobs, schedule.on-failure, schedule.ping, schedule.metrics

"#]]);
    fs::remove_file(day.host.work().join("datalake.yaml")).unwrap();
    day.refuses(
        day.provision().env("DATALAKE_BUKET", "x"),
        78,
        str![[r#"
error: variable DATALAKE_BUKET: unknown key `buket`
hint: did you mean `bucket`?

"#]],
    );
}

#[test]
fn a_value_of_a_wrong_type() {
    let day = Day::new();

    day.refuses(
        with_yaml(&day, "bucket: 123\n"),
        78,
        str![[r#"
error: datalake.yaml: `bucket`: expected a string
hint: put into quotes what YAML takes for a number or a yes: `bucket: "00123"`

"#]],
    );
    day.refuses(
        with_yaml(&day, "protect: { versioning: [s3cr3t] }\n"),
        78,
        str![[r#"
error: datalake.yaml: `protect.versioning`: expected true or false

"#]],
    );
    day.refuses(
        with_yaml(&day, "host: { units: 7 }\n"),
        78,
        str![[r#"
error: datalake.yaml: `host.units`: expected a list of names

"#]],
    );
    day.refuses(with_yaml(&day, "AWS_SECRET_ACCESS_KEY: s3cr3t\n"), 78, str![[r#"
error: datalake.yaml: unknown key `AWS_SECRET_ACCESS_KEY`
hint: the keys are: region, endpoint, bucket, prefix, credentials.from, credentials.file, credentials.command, credentials.fd, host.user, host.units, host.handover, host.dagster-home, host.links, protect.versioning, protect.keep-old-versions, protect.abort-uploads, protect.expire, protect.logs-expire, protect.expired-markers, tables.bucket, tables.prefix, catalogs, access, logs, limits.requests-per-second, limits.connections, limits.bandwidth, cost.plan, cost.vat, cost.budget, cost.base-already-paid, cost.on-hetzner, cost.plans, modal.secret, modal.environment, modal.apps, modal.client, modal.container, modal.token, schedule.jobs, schedule.on-failure, schedule.ping, schedule.metrics

"#]]);
}

#[test]
fn a_wrong_value_that_may_be_a_secret() {
    let day = Day::new();

    day.refuses(
        with_yaml(&day, "bucket: [s3cr3t]\n"),
        78,
        str![[r#"
error: datalake.yaml: `bucket`: expected a string

"#]],
    );
    day.refuses(
        with_yaml(&day, "credentials: { from: s3cr3t }\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials.from`: expected one of env, prompt

"#]],
    );
    day.refuses(
        with_yaml(&day, "credentials: s3cr3t\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials`: expected one of from, file, command, fd

"#]],
    );
    day.refuses(
        with_yaml(&day, "host: { units: { web: s3cr3t } }\n"),
        78,
        str![[r#"
error: datalake.yaml: unknown key `host.units.web`
hint: did you mean `host.units`?

"#]],
    );
    day.refuses(
        with_yaml(&day, "protect: { versioning: s3cr3t }\n"),
        78,
        str![[r#"
error: datalake.yaml: `protect.versioning`: expected true or false

"#]],
    );
}

#[test]
fn a_value_where_others_belong() {
    let day = Day::new();

    day.refuses(
        with_yaml(&day, "credentials: { fd: '3' }\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials.fd`: expected a whole number

"#]],
    );
    day.refuses(
        with_yaml(&day, "credentials: [s3cr3t]\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials`: expected one of from, file, command, fd

"#]],
    );
    day.refuses(
        with_yaml(&day, "credentials: { from: env, file: s3cr3t }\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials`: expected one source, not several
hint: give one of from, file, command, fd

"#]],
    );
    day.refuses(
        with_yaml(&day, "credentials: { command: s3cr3t }\n"),
        78,
        str![[r#"
error: datalake.yaml: `credentials.command`: expected a list

"#]],
    );
    day.refuses(
        with_yaml(&day, "host: s3cr3t\n"),
        78,
        str![[r#"
error: datalake.yaml: `host`: expected keys below it

"#]],
    );
    day.refuses(
        with_yaml(&day, "cost: { plans: { own: } }\n"),
        78,
        str![[r#"
error: datalake.yaml: `cost.plans.own`: expected keys below it

"#]],
    );
    for empty in ["tables:\n", "tables: null\n", "tables: []\n"] {
        day.refuses(
            with_yaml(&day, empty),
            78,
            str![[r#"
error: datalake.yaml: `tables`: expected keys below it
hint: write `tables: {}` for a bucket named after `bucket:`, or leave it out

"#]],
        );
    }
}

#[test]
fn a_file_that_is_no_yaml_or_missing() {
    let day = Day::new();

    day.refuses(
        with_yaml(&day, "bucket: \"s3cr3t\nregion\n"),
        78,
        str![[r#"
error: datalake.yaml:3:1: invalid YAML

"#]],
    );
    day.refuses(
        with_yaml(&day, "protect:\n\tversioning: true\n"),
        78,
        str![[r#"
error: datalake.yaml:2:1: invalid YAML
hint: YAML is indented with blanks: put them where the tab is

"#]],
    );
    day.refuses(
        with_yaml(&day, "- s3cr3t\n"),
        78,
        str![[r#"
error: datalake.yaml: it is not a mapping of keys to values

"#]],
    );
    day.refuses(
        day.provision().arg("--config=absent.yaml"),
        78,
        str![[r#"
error: there is no `absent.yaml`
hint: `datalake --root=[DIR]/host --config=absent.yaml init` writes it

"#]],
    );
}

#[test]
fn a_value_that_is_missing() {
    let day = Day::new();

    day.refuses(
        day.host.bare("provision --yes"),
        78,
        str![[r#"
error: `region`: missing: give one of fsn1, nbg1, hel1
hint: `datalake --root=[DIR]/host init` writes a datalake.yaml

"#]],
    );
    day.refuses(
        day.host.bare("provision --yes").arg("--region=fsn1"),
        78,
        str![[r#"
error: `bucket`: missing: give a name that is unique
hint: `datalake --root=[DIR]/host --region=fsn1 init` writes a datalake.yaml

"#]],
    );
    day.refuses(
        day.host.bare("provision --yes").arg("--region=eu-west-1"),
        78,
        str![[r#"
error: `endpoint`: missing: give the address that serves this region
hint: `datalake --root=[DIR]/host --region=eu-west-1 init` writes a datalake.yaml

"#]],
    );
}
