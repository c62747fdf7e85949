//! `tables:` of the spec: a bucket for tables beside that of the assets.

use std::fs;

use crate::support::{Host, Service};

const TABLES: &str = "acme-dagster-assets-tables";

/// A host whose spec has these lines more, and a service.
fn host_with(lines: &str) -> (Host, Service) {
    let (host, service) = (Host::usual(), Service::hetzner());
    fs::write(host.work().join("datalake.yaml"), lines).unwrap();
    (host, service)
}

#[test]
fn a_bucket_for_tables_is_made_without_versions_shown_and_left_by_a_rollback() {
    let (host, service) = host_with("tables: {}\n");
    let start = host.home();

    let planned = host.call(&service, "provision --dry-run").run().exits(3).stdout;
    let line = planned
        .lines()
        .position(|line| line.contains("create bucket   acme-dagster-assets-tables"));
    let why = planned.lines().nth(line.unwrap() + 1).unwrap();
    assert!(
        why.contains("without versions: where they are kept, this service loses commits"),
        "{why}"
    );
    host.call(&service, "provision --yes").run().exits(0);

    let status = host.call(&service, "status").run().exits(0).stdout;
    let told = format!("\ntables    {TABLES}: versioning off, datalake-unfinished-uploads: ");
    assert!(status.contains(&told), "{status}");
    assert!(status.contains("In sync with the spec."), "{status}");
    let told = host.call(&service, "status --json").run().exits(0).json("status");
    assert_eq!(
        (&told["tables"]["bucket"], &told["tables"]["present"]),
        (&TABLES.into(), &true.into())
    );
    let env_file = fs::read_to_string(host.env_file()).unwrap();
    assert!(env_file.contains(&format!("\nDAGSTER_S3_TABLES_BUCKET={TABLES}\n")), "{env_file}");
    let again = host.call(&service, "provision").run().exits(0).stdout;
    let buckets = format!("bucket `acme-dagster-assets`, bucket `{TABLES}` and host are in sync");
    assert!(again.contains(&buckets), "{again}");

    let back = host.call(&service, "rollback --yes").run().exits(0).all();
    assert!(
        back.contains(&format!("create bucket   {TABLES}: by then the bucket may hold data")),
        "{back}"
    );
    host.home().must_be(&start, "after a rollback");
    host.call(&service, &format!("bucket delete --confirm {TABLES} {TABLES}")).run().exits(0);
}

#[test]
fn a_bucket_that_had_versions_is_refused_until_its_delete_markers_are_gone() {
    let (host, service) = host_with("tables: { bucket: acme-old-tables }\n");
    let run = |words: &str, code: i32| host.call(&service, words).run().exits(code);
    run("bucket create acme-old-tables", 0);
    run("bucket versioning enable acme-old-tables", 0);
    let refused = run("provision --yes", 78).all();
    assert!(
        refused.contains("it keeps old versions, and commits to tables get lost there"),
        "{refused}"
    );
    run("bucket versioning suspend acme-old-tables", 0);
    fs::write(host.work().join("0.json"), "{}").unwrap();
    let key = "s3://acme-old-tables/sales/_delta_log/00000000000000000000.json";
    run(&format!("put 0.json {key}"), 0);
    run(&format!("rm {key} --yes"), 0);

    let refused = run("provision --yes", 78).all();

    assert!(refused.contains("delete marker"), "{refused}");
    assert!(refused.contains("`sales/_delta_log/00000000000000000000.json`"), "{refused}");
    assert!(refused.contains("rm --versions s3://acme-old-tables/KEY"), "{refused}");
    run(&format!("rm --versions {key} --yes"), 0);
    run("provision --yes", 0);
}

#[test]
fn tables_below_a_prefix_are_refused_where_commits_get_lost() {
    let (host, service) = host_with("");
    host.call(&service, "provision --yes").run().exits(0);
    fs::write(host.work().join("datalake.yaml"), "tables: { prefix: tables }\n").unwrap();

    let refused = host.call(&service, "provision --yes").run().exits(78).all();

    assert!(refused.contains("commits to tables may get lost there"), "{refused}");
    assert!(refused.contains("tables: { bucket: NAME }"), "{refused}");
}

#[test]
fn the_costs_of_both_buckets_are_told_and_recorded() {
    let (host, service) = host_with("tables: {}\n");
    let run = |words: &str| host.call(&service, words).run().exits(0);
    run("provision --yes");
    fs::write(host.work().join("part.parquet"), vec![7; 90_000]).unwrap();
    run("put part.parquet s3://acme-dagster-assets/assets/users");
    run(&format!("put part.parquet s3://{TABLES}/sales/part.parquet"));

    let recorded = run("usage record --json").json("usage-sample");
    let report = run("cost report --json").json("cost-report");

    assert_eq!(recorded["tables"]["bucket"], TABLES);
    assert_eq!(recorded["tables"]["usage"]["total"]["bytes"], 90_000);
    assert_eq!(report["tables"]["usage"]["total"]["bytes"], 90_000);
    let text = run("cost report").stdout;
    assert!(text.contains(&format!("s3://{TABLES}, for tables, holds 90.0 kB")), "{text}");
    let checked = run("cost check --budget 100EUR").stdout;
    assert!(
        checked.contains(&format!("s3://acme-dagster-assets and s3://{TABLES} in ")),
        "{checked}"
    );
}

#[test]
fn a_key_that_opens_the_bucket_for_tables_opens_nothing_foreign() {
    let (host, service) = host_with("tables: {}\n");
    host.call(&service, "provision --yes").run().exits(0);

    let told = host.call(&service, "doctor --only key").run().exits(0).stdout;

    assert!(!told.contains(TABLES), "{told}");
}

#[test]
fn without_tables_no_step_line_or_variable_is_about_them() {
    let (host, service) = host_with("");

    let planned = host.call(&service, "provision --dry-run --json").run().exits(3).stdout;

    assert!(!planned.to_lowercase().contains("tables"), "{planned}");
}
