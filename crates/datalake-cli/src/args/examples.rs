//! Examples of small commands; those of large ones stand beside their flags.

/// Lines for the page of a command: what is typed, and what it does.
pub(super) fn list_examples(path: &[&str]) -> &'static [(&'static str, &'static str)] {
    match path {
        ["bucket", group, command] => list_setting_examples(group, command),
        ["migrate", rest @ ..] => list_migration_examples(rest),
        ["dagster", command] => list_service_examples(command),
        ["status"] => &[("status", "Exit 0: in sync; 3: what differs")],
        ["bucket", "list"] => &[("bucket list", "A bucket is seen in its own location only")],
        ["bucket", "show"] => &[("bucket show", "All of the spec's bucket")],
        ["tables", "list"] => &[("tables list s3://acme-lake/sales/", "Those below a folder")],
        ["job", "status"] => {
            &[("job status hashes", "Exit 0: done; 3: some is left; 5: keys failed")]
        }
        ["job", "report"] => &[("job report hashes", "Keys that failed, one a line, with causes")],
        ["job", "stop"] => {
            &[("job stop hashes", "Every worker ends its shard and begins no other")]
        }
        ["job", "shard"] => &[("job shard hashes 7 --workers 20", "One of twenty workers")],
        ["config", "show"] => &[("config show > datalake.yaml", "The whole spec, as a file")],
        ["config", "explain"] => &[("config explain", "Which file, variable or option counts")],
        ["config", "paths"] => &[("config paths", "Where spec, journal and receipts are")],
        ["usage", "egress"] => {
            &[("usage egress 120GB --note \"restore test\"", "What left the bucket by other means")]
        }
        ["sandbox"] => &[
            ("sandbox --port 9000 --tls", "An S3 service for any client, until Ctrl-C"),
            ("sandbox --faults \"seed 7, 5% 503\"", "One that fails now and then"),
        ],
        ["completions"] => {
            &[("completions bash > /etc/bash_completion.d/datalake", "For all users")]
        }
        _ => &[],
    }
}

fn list_setting_examples(group: &str, command: &str) -> &'static [(&'static str, &'static str)] {
    match (group, command) {
        ("versioning", "show") => &[("bucket versioning show", "Of the spec's bucket")],
        ("versioning", "enable") => &[("bucket versioning enable acme-lake", "From now on")],
        ("versioning", "suspend") => &[("bucket versioning suspend acme-lake", "From now on")],
        ("lifecycle", "show") => &[("bucket lifecycle show", "Rules of others, too")],
        ("lifecycle", "set") => &[
            ("bucket lifecycle set", "The rules of the spec's `protect:`"),
            ("bucket lifecycle set --expire tmp/:7d --dry-run", "One rule; only shown"),
        ],
        ("lifecycle", "remove") => &[("bucket lifecycle remove old-rule", "One rule by its id")],
        ("cors", "show") => &[("bucket cors show --json", "As `set` reads them")],
        ("cors", "set") => &[("bucket cors set rules.yaml", "In the place of all that are there")],
        ("cors", "remove") => &[("bucket cors remove", "All of the spec's bucket")],
        ("lock", "show") => &[("bucket lock show", "Of the spec's bucket")],
        ("lock", "set") => &[("bucket lock set --mode governance --days 30", "Only new versions")],
        ("uploads", "list") => &[("bucket uploads list", "With age and size")],
        ("uploads", "abort") => &[("bucket uploads abort --older-than 7d", "Asks before")],
        _ => &[],
    }
}

fn list_migration_examples(path: &[&str]) -> &'static [(&'static str, &'static str)] {
    match path {
        ["kinds"] => &[("migrate kinds", "Each kind of file: how it is known, where it goes")],
        ["status"] => &[("migrate status", "Exit 0: all is in the bucket; 3: something is not")],
        ["verify"] => &[("migrate verify --deep", "Compare contents, not only tags")],
        ["report"] => &[("migrate report --html page.html", "A page for a browser")],
        ["free"] => &[
            ("migrate free --dry-run", "What Dagster was seen to read from the bucket"),
            ("migrate free --confirm acme-dagster-assets", "Remove just that"),
        ],
        ["back", "plan"] => &[("migrate back plan", "What is in the bucket and not here")],
        ["back", "run"] => &[("migrate back run", "Fetch it; asks before")],
        _ => &[],
    }
}

fn list_service_examples(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "reload" => &[("dagster reload", "Read changed unit files; restarts nothing")],
        "restart" => &[("dagster restart daemon", "One of them; all without a name")],
        "stop" => &[("dagster stop daemon", "Runs that go on are waited for by systemd")],
        "start" => &[("dagster start", "All units, in their order")],
        "status" => &[("dagster status", "Services, containers, what each was given")],
        "logs" => &[("dagster logs daemon -n 200", ""), ("dagster logs -f", "All, until Ctrl-C")],
        "env" => &[("dagster env", "Fingerprints of what each container has, no values")],
        _ => &[],
    }
}
