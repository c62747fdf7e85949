//! `datalake.yaml` as the program writes it.

use std::fs;

use serde_json::Value;

use crate::support::Host;

/// The spec of this file, which stands alone.
#[track_caller]
fn spec(host: &Host, file: &str) -> Value {
    host.bare(&format!("config show --json --config {file}")).run().exits(0).json("config")
}

#[test]
fn what_config_show_prints_is_the_same_spec_again() {
    let host = Host::usual();
    let sources = ["from: env", "file: /run/keys", "command: [pass, show, hetzner]", "fd: 3"];
    for source in sources {
        let text = format!(
            "region: hel1\nbucket: acme-assets\ncredentials: {{ {source} }}\n\
             host: {{ units: [web, daemon], handover: in-place }}\nlogs: s3\n\
             protect: {{ expire: ['tmp/:7d'], keep-old-versions: 'off' }}\n\
             cost: {{ vat: 19, plans: {{ own: {{ currency: EUR, base-month: 4.99 }} }} }}\n"
        );
        fs::write(host.work().join("one.yaml"), text).unwrap();

        let shown = host.bare("config show --config one.yaml").run().exits(0).stdout;

        let (key, _) = source.split_once(':').unwrap();
        assert!(shown.contains(&format!("credentials:\n  {key}:")), "{shown}");
        fs::write(host.work().join("two.yaml"), &shown).unwrap();
        assert_eq!(spec(&host, "two.yaml"), spec(&host, "one.yaml"), "{shown}");
    }
}

#[test]
fn a_section_with_nothing_below_it_says_nothing() {
    let host = Host::usual();
    let known = "region: hel1\nbucket: acme-assets\n";
    fs::write(host.work().join("one.yaml"), known).unwrap();
    let empty = "host:\nprotect: {}\ncredentials: {}\ncost: { plans: }\nmodal:\nlimits:\n";
    fs::write(host.work().join("two.yaml"), format!("{known}{empty}")).unwrap();

    assert_eq!(spec(&host, "two.yaml"), spec(&host, "one.yaml"));
}

#[test]
fn what_init_writes_is_what_was_said() {
    let host = Host::usual();
    for prefix in ["assets", "True", "null", "day:", "a b", "0", "tägliche"] {
        let written = host
            .bare("init --force --region hel1 --bucket acme-assets --config mine.yaml --json")
            .arg(format!("--prefix={prefix}"))
            .run()
            .exits(0)
            .json("init");

        let read = spec(&host, "mine.yaml");
        assert_eq!(read["prefix"], prefix);
        assert_eq!(
            (&read["credentials"], &read["host"]),
            (&written["credentials"], &written["host"])
        );
    }
}

#[test]
fn a_mistyped_location_is_told_with_the_one_that_is_near_in_every_command() {
    let host = Host::usual();
    fs::write(host.work().join("typed.yaml"), "region: fns1\nbucket: acme-assets\n").unwrap();
    let near = "`fns1` is not a Hetzner location: did you mean `fsn1`?";

    for words in [
        "--region fns1 --bucket acme-assets ls",
        "--region fns1 bucket list",
        "--region fns1 --bucket acme-assets provision --dry-run",
        "--region fns1 --bucket acme-assets init",
        "--config typed.yaml du",
        "--config typed.yaml status",
    ] {
        let said = host.bare(words).run().exits(78).stderr;

        assert!(said.contains(near), "{words}: {said}");
    }
}

#[test]
fn a_marker_of_a_secret_in_modal_is_no_setting() {
    let host = Host::usual();
    let marked = |words: &str| host.bare(words).env("DATALAKE_FP_0123456789abcdef", "1");

    marked("cost estimate --storage 100GB").run().exits(0);
    let explained = marked("config explain").run().exits(0).stdout;

    assert!(!explained.contains("DATALAKE_FP_"), "{explained}");
}

#[test]
fn the_marker_of_a_catalog_is_no_setting() {
    let host = Host::usual();

    host.bare("cost estimate --storage 100GB").env("DATALAKE_CATALOG_PROD", "1").run().exits(0);
}

#[test]
fn where_there_is_no_spec_the_settings_of_a_container_are_taken() {
    let host = Host::usual();
    let handed = |words: &str| {
        host.bare(words)
            .env("AWS_ENDPOINT_URL_S3", "https://hel1.your-objectstorage.com")
            .env("AWS_REGION", "hel1")
            .env("DAGSTER_S3_BUCKET", "acme-assets")
    };

    let explained = handed("config explain").run().exits(0).stdout;
    for words in
        ["variable AWS_ENDPOINT_URL_S3", "variable AWS_REGION", "variable DAGSTER_S3_BUCKET"]
    {
        assert!(explained.contains(words), "{explained}");
    }
    fs::write(host.work().join("datalake.yaml"), "region: fsn1\nbucket: mine\n").unwrap();
    let explained = handed("config explain").run().exits(0).stdout;
    assert!(!explained.contains("variable AWS_"), "a spec counts alone: {explained}");
}
