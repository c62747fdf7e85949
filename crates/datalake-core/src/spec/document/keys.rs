//! Every key of the spec in words: what it takes, what it means, how it is written.

/// A key of `datalake.yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecKey {
    /// The key, with dots between its parts.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// A value as text, as a variable or a flag would have it.
    pub example: &'static str,
}

const fn key(
    name: &'static str,
    takes: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> SpecKey {
    SpecKey { name, takes, meaning, example }
}

impl SpecKey {
    /// All keys, in the order in which they are shown.
    pub const ALL: [Self; 43] = [
        key(
            "region",
            "`fsn1`, `nbg1`, `hel1`, or a name",
            "nbg1",
            "The bucket's location, for which requests are signed. Follows from `endpoint:` \
             where that is Hetzner's.",
        ),
        key(
            "endpoint",
            "an address",
            "https://s3.example.org",
            "The S3 service. Follows from `region:` at Hetzner; needed for any other. Only \
             `https`, except for loopback.",
        ),
        key(
            "bucket",
            "a name",
            "acme-dagster-assets",
            "The bucket of the assets: 3 to 63 lowercase letters, digits and hyphens. Unique among \
             all of Hetzner's customers.",
        ),
        key("prefix", "a prefix of keys", "lake/assets", "What the keys of the assets begin with."),
        key(
            "credentials.from",
            "`env` or `prompt`",
            "env",
            "`env` reads `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; `prompt` asks at the \
             terminal. One of the four below `credentials:` is given, never more.",
        ),
        key(
            "credentials.file",
            "a path",
            "hetzner.env",
            "A file of mode 0600 with the lines `AWS_ACCESS_KEY_ID=…` and \
             `AWS_SECRET_ACCESS_KEY=…`.",
        ),
        key(
            "credentials.command",
            "a program and its arguments",
            "[pass, show, hetzner]",
            "A program that prints these two lines. It is started without a shell.",
        ),
        key(
            "credentials.fd",
            "a number",
            "3",
            "An open file descriptor from which these two lines are read.",
        ),
        key(
            "host.user",
            "a user",
            "dagster-user",
            "The user whose rootless podman runs Dagster; `root` where the host's own systemd does, by \
             quadlets in `/etc/containers/systemd`.",
        ),
        key(
            "host.units",
            "names",
            "dagster-webserver,dagster-daemon",
            "The quadlet container units that need the bucket, with or without `.container`. Unless \
             said, datalake takes those that run user code or load `dagster.yaml`, and the command \
             `discover` shows them.",
        ),
        key(
            "host.handover",
            "`env-file`, `podman-secret` or `in-place`",
            "env-file",
            "How the containers get the settings. Unless said, the installed podman decides.",
        ),
        key(
            "host.dagster-home",
            "an absolute path",
            "/srv/dagster/home",
            "The folder on the host that is Dagster's `DAGSTER_HOME`. By default it is read from the units.",
        ),
        key(
            "host.links",
            "absolute paths",
            "/var/lib/dagster/dagster_home/storage",
            "Symbolic links to Dagster's home, its storage or a volume that datalake may follow. \
             The target must belong to the service user, or to root where root made the link. Any \
             other link is refused.",
        ),
        key(
            "protect.versioning",
            "`true` or `false`",
            "true",
            "Keep what is overwritten or deleted as old versions. `false` leaves the bucket as it \
             is: nothing is switched off.",
        ),
        key(
            "protect.keep-old-versions",
            "days, or `off`",
            "30d",
            "Old versions go after so long; `off` keeps them, and their bill, for good.",
        ),
        key(
            "protect.abort-uploads",
            "days, or `off`",
            "7d",
            "Abort unfinished uploads after this time; `off` keeps them, and their bill, for good.",
        ),
        key(
            "protect.expire",
            "`PREFIX:DAYS`, more than once",
            "tmp/:7d,logs/:90d",
            "Objects below these prefixes expire. Prefixes must not overlap.",
        ),
        key(
            "protect.logs-expire",
            "days, or `off`",
            "90d",
            "What steps have printed (`logs: s3`, below `compute-logs/`) goes after so long. Unless \
             said, it stays for good, and its bill: each of these small objects counts as 64 KB at \
             Hetzner. A new spec of `init` has 90 days.",
        ),
        key(
            "protect.expired-markers",
            "`true` or `false`",
            "true",
            "Delete markers go when no version is left behind them.",
        ),
        key(
            "tables.bucket",
            "a name",
            "acme-dagster-assets-tables",
            "The bucket of tables (Delta, Lance, Iceberg). It keeps no versions: with them this \
             service loses commits. `tables: {}` names it after `bucket:`, with `-tables` at the \
             end. Without `tables:` nothing is set up for tables.",
        ),
        key(
            "tables.prefix",
            "a prefix of keys",
            "tables",
            "Instead of a bucket of their own, tables live below this prefix of `bucket:`. Where \
             that keeps versions, a provision goes on only if a test with concurrent writers shows \
             that no commit gets lost.",
        ),
        key(
            "catalogs",
            "Iceberg REST catalogs by name",
            "{ prod: { uri: https://catalog.example.org, warehouse: lake } }",
            "Catalogs that pyiceberg is to find by their names: each has a `uri:` and may have a \
             `warehouse:`. A token or credential of a catalog is a variable of the unit's own.",
        ),
        key(
            "access",
            "roles by name",
            "{ modal: { project: p1234567, key: AKEXAMPLE, as: modal-worker } }",
            "What other keys may do in the buckets. `access plan` shows the policy that holds them to \
             it. The secret of a key is never written down here.",
        ),
        key(
            "logs",
            "`local` or `s3`",
            "s3",
            "Where what steps print is kept. `s3` puts a block into `dagster.yaml`.",
        ),
        key(
            "limits.requests-per-second",
            "a number, `off`, or `auto`",
            "500",
            "How many requests a second one bucket gets at most. `auto`: 750 at Hetzner's endpoints, \
             which allow no more, and any number elsewhere.",
        ),
        key(
            "limits.connections",
            "a number",
            "64",
            "How many connections there are at one time at most; 16 of them are left to others. \
             Hetzner allows 256 from one address.",
        ),
        key(
            "limits.bandwidth",
            "bytes a second, or a timetable",
            "08:00,20M 20:00,off",
            "The most that transfers take. Times are those of this machine.",
        ),
        key(
            "cost.plan",
            "the name of a price list",
            "hetzner",
            "The list that bills are made by: `hetzner` unless said. A comparison of costs names all \
             of them.",
        ),
        key("cost.vat", "percent", "19", "The tax that comes on top; sums are net without it."),
        key(
            "cost.budget",
            "a sum",
            "10EUR",
            "What a month may cost: a check of costs ends with 6 above it.",
        ),
        key(
            "cost.base-already-paid",
            "`true` or `false`",
            "true",
            "The account pays the base price for something else already.",
        ),
        key(
            "cost.on-hetzner",
            "`true` or `false`",
            "true",
            "This machine is in Hetzner's network, so its reads are not egress.",
        ),
        key(
            "cost.plans",
            "price lists by name",
            "{ office: { currency: EUR, base-month: 2.50, storage-tb-month: 6.00, egress-tb: 1.00 \
             } }",
            "Price lists of your own.",
        ),
        key(
            "modal.secret",
            "a name",
            "hetzner-s3",
            "The secret in Modal that is kept in sync with the env file. Needed by all else below \
             `modal:`.",
        ),
        key(
            "modal.environment",
            "a name",
            "dev",
            "Modal's environment; the client's own word counts where nothing is said.",
        ),
        key(
            "modal.apps",
            "names",
            "dagster-compute,reports",
            "Apps that use the secret: they get new containers when it changes.",
        ),
        key(
            "modal.client",
            "an absolute path",
            "/opt/venv/bin/modal",
            "The program `modal`; else the one in `PATH`.",
        ),
        key(
            "modal.container",
            "a unit",
            "dagster-daemon",
            "The unit in whose container Modal's client is. Not together with `client:`.",
        ),
        key(
            "modal.token",
            "`env`, `profile` or a path",
            "profile",
            "Where Modal's token for Dagster's containers comes from: the environment, \
             `~/.modal.toml`, or a file of mode 0600. Unless said, they get none.",
        ),
        key(
            "schedule.jobs",
            "times by job",
            "{ usage: daily, verify: { at: Sun 04:00, with: [--deep] } }",
            "What systemd's timers start, and when: `usage`, `cost-check`, `doctor`, `key-age`, \
             `verify`, `scrub`. A time is written as for `OnCalendar=`; `with:` has flags and places \
             of the job's command.",
        ),
        key(
            "schedule.on-failure",
            "a program and its arguments",
            "[/usr/local/bin/notify, ops]",
            "Is run when a job has failed or found something, with the job's name in the variable \
             `JOB`. It is started without a shell.",
        ),
        key(
            "schedule.ping",
            "a path",
            "/etc/datalake/pings",
            "A file of mode 0600 with an address for each job, which gets a message when the job begins, \
             ends and fails: a line `JOB=https://…` each, as for healthchecks.io.",
        ),
        key(
            "schedule.metrics",
            "an absolute path",
            "/var/lib/prometheus/node-exporter",
            "The folder that node_exporter's textfile collector reads. Each job writes \
             `datalake-JOB.prom` there.",
        ),
    ];

    #[expect(clippy::indexing_slicing, reason = "the compiler runs it, and the length is the same")]
    pub(super) const fn names() -> [&'static str; Self::ALL.len()] {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name;
            at += 1;
        }
        names
    }
}
