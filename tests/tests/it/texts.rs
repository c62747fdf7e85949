//! What people read, whole.

use snapbox::{assert_data_eq, file, str};

use crate::support::{Call, Host, Service, shown};

/// What `datalake WORDS…` prints without a host.
fn printed(words: &str) -> String {
    let host = Host::usual();
    let ran = Call::new(&host.work(), words).run();
    shown(&ran.all())
}

#[test]
fn help() {
    assert_data_eq!(printed("--help"), file!["texts/help.txt"]);
}

#[test]
fn help_of_provision() {
    assert_data_eq!(
        printed("provision -h"),
        str![[r#"
Examples:
  datalake --sandbox provision                     Try it on this machine: no account, no root
  sudo -E datalake provision --dry-run             Show what would change (exit 3); change nothing
  sudo -E datalake provision                       Ask, apply, restart the services, prove
  sudo datalake provision --yes --credentials-file=hetzner.env

Set up bucket and host: plan, ask, apply, prove

Usage: datalake provision [OPTIONS]

Options:
      --dry-run                  Show the plan; change nothing
  -y, --yes                      Do not ask before applying
      --no-restart               Change only files and bucket; containers use the change after their
                                 next restart
      --environment-host <WISH>  What to do with `EnvironmentHost=true` in units and drop-ins
                                 [default: keep] [possible values: keep, remove]
      --replace                  Replace the whole secret in Modal if its client cannot change a
                                 part of it: variables of others in it are lost
  -h, --help                     Print this page

More: `datalake help provision`, `datalake help global-options`

"#]]
    );
}

#[test]
fn a_mistyped_command() {
    assert_data_eq!(
        printed("provison"),
        str![[r#"
error: unrecognized subcommand 'provison'

  tip: some similar subcommands exist: 'presign', 'provision'

Usage: datalake <COMMAND>

For more information, try '--help'.

"#]]
    );
}

#[test]
fn the_plan_of_a_host_whose_units_cannot_start() {
    let (host, service) = (Host::with("seed-broken"), Service::hetzner());

    let ran = host.call(&service, "provision --dry-run").run().exits(3);

    assert_data_eq!(shown(&ran.stdout), file!["texts/plan-of-broken-units.txt"]);
}

#[test]
fn provision_status_history_and_rollback() {
    let (host, service) = (Host::usual(), Service::hetzner());
    let text = |words: &str| shown(&host.call(&service, words).run().exits(0).all());

    host.call(&service, "provision --yes").run().exits(0);

    assert_data_eq!(
        text("status"),
        str![[r#"
store     http://127.0.0.1:[PORT] (fsn1), p11, clock [OFFSET]
bucket    acme-dagster-assets: versioning on, datalake-old-versions: old versions go after 30d; datalake-unfinished-uploads: unfinished uploads go after 7d
host      dagster-user, /var/lib/dagster
unit      /var/lib/dagster/.config/containers/systemd/dagster-webserver.container
unit      /var/lib/dagster/.config/containers/systemd/dagster-daemon.container
last run  [RUN]
services  not looked at: services run on the machine itself, not in a sandbox or below --root

In sync with the spec.

"#]]
    );
    assert_data_eq!(
        text("provision"),
        str![[r#"
Nothing to do: bucket `acme-dagster-assets` and host are in sync.

"#]]
    );
    assert_data_eq!(
        text("history"),
        str![[r#"
[RUN]  [TIME]  10/10 steps  complete     provision

"#]]
    );
    assert_data_eq!(
        text("rollback --yes"),
        str![[r#"
Rollback plan for [RUN] (6 steps):
  1. remove file     /var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d/50-datalake-s3.conf
  2. remove file     /var/lib/dagster/.config/containers/systemd/dagster-webserver.container.d/50-datalake-s3.conf
  3. remove file     /var/lib/dagster/.config/datalake/s3.env
  4. remove folder   /var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d
  5. remove folder   /var/lib/dagster/.config/containers/systemd/dagster-webserver.container.d
  6. remove folder   /var/lib/dagster/.config/datalake

What stays:
  create bucket   acme-dagster-assets: by then the bucket may hold data
  set versioning  acme-dagster-assets to enabled: S3 knows no way back to a bucket without versions
  set lifecycle   acme-dagster-assets to datalake-old-versions, datalake-unfinished-uploads: it belongs to the bucket, which stays

Undone: [RUN]; every file has its old bytes, mode and owner again.

Next steps, for the containers to take it up:
  systemctl --user -M dagster-user@ daemon-reload
  systemctl --user -M dagster-user@ restart dagster-webserver dagster-daemon

Then: datalake --root=[DIR]/host status

Undoing:
  done     remove file     /var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d/50-datalake-s3.conf
  done     remove file     /var/lib/dagster/.config/containers/systemd/dagster-webserver.container.d/50-datalake-s3.conf
  done     remove file     /var/lib/dagster/.config/datalake/s3.env
  done     remove folder   /var/lib/dagster/.config/containers/systemd/dagster-daemon.container.d
  done     remove folder   /var/lib/dagster/.config/containers/systemd/dagster-webserver.container.d
  done     remove folder   /var/lib/dagster/.config/datalake

"#]]
    );
}

#[test]
fn an_init_that_is_told_everything() {
    let host = Host::usual();

    Call::new(&host.work(), "init --region fsn1 --bucket acme-dagster-assets").run().exits(0);

    let written = std::fs::read_to_string(host.work().join("datalake.yaml")).unwrap();
    assert_data_eq!(
        written,
        str![[r#"
# What datalake sets up. Its command `config explain` shows every key and its source.

# fsn1, nbg1 or hel1; for another S3 service give endpoint: https://… and its region.
region: fsn1

# Unique among all customers: put your company's name in front.
bucket: acme-dagster-assets

# What the keys of the assets begin with.
prefix: assets

# Tables (Delta, Lance, Iceberg) live apart: where old versions are kept, their commits get lost.
tables: { bucket: acme-dagster-assets-tables }

# from: env reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or file: PATH (mode 0600),
# or command: [pass, show, hetzner]. Never the keys themselves.
credentials: { from: env }

# The user whose rootless podman runs Dagster; root for quadlets of the host's own systemd. The units
# that need the bucket are found (`discover` shows them), unless named: units: [NAME, …].
# handover: env-file, podman-secret or in-place; unless said, the installed podman decides.
host: { user: dagster-user }

# Overwritten and deleted objects stay for 30 days, unfinished uploads for 7, logs of steps for 90; `off` for ever.
protect: { versioning: true, keep-old-versions: 30d, abort-uploads: 7d, logs-expire: 90d }

# What runs by itself: the command `schedule apply` sets up systemd's timers for it. They need a key
# pair from a file or a command.
# schedule: { jobs: { usage: daily, cost-check: daily, doctor: hourly, key-age: weekly } }

"#]]
    );
}

#[test]
fn where_each_value_comes_from() {
    let host = Host::usual();
    std::fs::write(host.work().join("datalake.yaml"), "region: nbg1\nbucket: from-file\n").unwrap();

    let call = host.bare("config explain --unit one").env("DATALAKE_BUCKET", "mine");

    assert_data_eq!(
        call.run().exits(0).all(),
        str![[r#"
region                     nbg1                                 datalake.yaml
endpoint                   -                                    not set
bucket                     mine                                 variable DATALAKE_BUCKET
prefix                     assets                               default
credentials.from           env                                  default
credentials.file           -                                    not set
credentials.command        -                                    not set
credentials.fd             -                                    not set
host.user                  dagster-user                         default
host.units                 ["one"]                              the command line
host.handover              -                                    not set
host.dagster-home          -                                    not set
host.links                 -                                    not set
protect.versioning         true                                 default
protect.keep-old-versions  30d                                  default
protect.abort-uploads      7d                                   default
protect.expire             -                                    not set
protect.logs-expire        -                                    not set
protect.expired-markers    -                                    not set
tables.bucket              -                                    not set
tables.prefix              -                                    not set
catalogs                   -                                    not set
access                     -                                    not set
logs                       local                                default
limits.requests-per-second auto                                 default
limits.connections         256                                  default
limits.bandwidth           -                                    not set
cost.plan                  -                                    not set
cost.vat                   -                                    not set
cost.budget                -                                    not set
cost.base-already-paid     -                                    not set
cost.on-hetzner            -                                    not set
cost.plans                 -                                    not set
modal.secret               -                                    not set
modal.environment          -                                    not set
modal.apps                 -                                    not set
modal.client               -                                    not set
modal.container            -                                    not set
modal.token                -                                    not set
schedule.jobs              -                                    not set
schedule.on-failure        -                                    not set
schedule.ping              -                                    not set
schedule.metrics           -                                    not set

"#]]
    );
}
