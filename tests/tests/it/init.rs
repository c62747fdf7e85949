//! `init` asks a person at a terminal for what nobody else knows.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::{Call, Host, KEY, OTHER_KEY, Service, Terminal, UNITS};

const LOCATION: &str = "Which location?";
const BUCKET: &str = "Bucket name";
const PREFIX: &str = "Prefix of the assets' keys:";

/// A host with a code server in a pod, and no way to any location of Hetzner's.
fn host_in_a_pod() -> Host {
    let host = Host::usual();
    let units = host.units();
    let code = "[Container]\nImage=localhost/etl:latest\nPod=dagster.pod\n\
                Exec=dagster api grpc --port 4000 --module-name etl.definitions\n";
    fs::write(units.join("etl-code.container"), code).unwrap();
    fs::write(units.join("dagster.pod"), "[Pod]\nPodName=dagster\n").unwrap();
    assert!(units.ends_with(UNITS));
    host
}

fn without_network(call: Call) -> Call {
    call.env("https_proxy", "http://127.0.0.1:9")
}

fn spec_of(host: &Host) -> String {
    fs::read_to_string(host.work().join("datalake.yaml")).unwrap_or_default()
}

/// `init` at a terminal, with this key at a service of the operator's own.
fn at_service(host: &Host, service: &Service, secret: &str) -> Terminal {
    let call = host.bare("init").env("DATALAKE_ENDPOINT", service.endpoint());
    let call = call.env("DATALAKE_REGION", service.region());
    Terminal::start(call.env("AWS_ACCESS_KEY_ID", KEY.id).env("AWS_SECRET_ACCESS_KEY", secret))
}

#[test]
fn three_answers_make_a_spec_whose_next_command_works_as_printed() {
    let (host, service) = (host_in_a_pod(), Service::quick());
    let begun = Instant::now();
    let mut terminal = Terminal::start(without_network(host.bare("init")));

    terminal.answer(LOCATION, "\r");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    terminal.answer(BUCKET, "acme-dagster-assets\r");
    terminal.answer(PREFIX, "\r");
    let (status, screen) = terminal.end();

    assert_eq!(status.code(), Some(0), "{screen}");
    let spec = spec_of(&host);
    assert!(spec.contains("\nregion: fsn1\n"), "{spec}");
    assert!(spec.contains("\nbucket: acme-dagster-assets\n"), "{spec}");
    assert!(spec.contains("\nprefix: assets\n"), "{spec}");
    assert!(screen.contains("etl-code, dagster-webserver, dagster-daemon"), "{screen}");
    let next = screen.lines().find_map(|line| line.strip_prefix("Next: datalake ")).unwrap();
    let next = Call::new(&host.work(), next)
        .env("DATALAKE_ENDPOINT", service.endpoint())
        .env("AWS_ACCESS_KEY_ID", KEY.id)
        .env("AWS_SECRET_ACCESS_KEY", KEY.secret);
    let ran = next.run().exits(3);
    assert!(ran.stdout.contains(&format!("{UNITS}/etl-code.container.d")), "{}", ran.stdout);
}

#[test]
fn where_no_location_answers_it_is_said_beside_the_question() {
    let host = Host::usual();
    let mut terminal = Terminal::start(without_network(host.bare("init")));

    terminal.answer("No location answers this machine", "\u{3}");
    let (_, screen) = terminal.end();

    assert!(!screen.contains("Wrote"), "{screen}");
}

#[test]
fn who_stops_at_a_question_has_no_spec() {
    for keys in ["\u{3}", "\u{4}"] {
        for question in 0..3 {
            let host = Host::usual();
            let mut terminal = Terminal::start(without_network(host.bare("init")));
            for answered in [LOCATION, BUCKET, PREFIX].iter().take(question) {
                terminal.answer(answered, "\r");
            }
            terminal.answer([LOCATION, BUCKET, PREFIX][question], keys);

            let (status, screen) = terminal.end();

            assert_eq!(status.code(), Some(130), "{screen}");
            assert_eq!(spec_of(&host), "", "{screen}");
        }
    }
}

#[test]
fn what_flags_and_variables_say_is_not_asked() {
    let host = Host::usual();
    let call = host.bare("init --region hel1 --bucket acme-assets").env("DATALAKE_PREFIX", "lake");

    let (status, screen) = Terminal::start(call).end();

    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(!screen.contains('?'), "{screen}");
    let spec = spec_of(&host);
    assert!(spec.contains("\nregion: hel1\n") && spec.contains("\nprefix: lake\n"), "{spec}");
}

#[test]
fn a_bucket_for_tables_is_written_left_out_or_asked_for_where_its_name_would_be_too_long() {
    let spec = |words: &str| {
        let host = Host::usual();
        let ran = host.bare(&format!("init --no-input --region fsn1 {words}")).run().exits(0);
        (spec_of(&host), ran.stdout)
    };
    let long = "a".repeat(60);

    let (usual, told) = spec("--bucket acme");
    assert!(usual.contains("\ntables: { bucket: acme-tables }\n"), "{usual}");
    assert!(told.contains("tables    acme-tables"), "{told}");
    assert!(!spec("--bucket acme --no-tables").0.contains("tables:"));
    let (named, _) = spec("--bucket acme --tables-bucket lake");
    assert!(named.contains("\ntables: { bucket: lake }\n"), "{named}");
    for both in ["init --no-tables --tables-bucket lake", "--tables-bucket lake init --no-tables"] {
        let host = Host::usual();
        let told = host.bare(&format!("{both} --no-input --region fsn1")).run().exits(2).stderr;
        assert!(told.contains("--no-tables and --tables-bucket"), "{told}");
    }
    let host = Host::usual();
    let call = host.bare("init --no-tables --no-input --region fsn1 --bucket acme");
    let told = call.env("DATALAKE_TABLES__BUCKET", "lake").run().exits(2).stderr;
    assert!(told.contains("unset DATALAKE_TABLES__"), "{told}");
    let (left_out, told) = spec(&format!("--bucket {long}"));
    assert!(!left_out.contains("tables:"), "{left_out}");
    assert!(told.contains("left out: ") && told.contains("--tables-bucket NAME"), "{told}");

    let host = Host::usual();
    let words = format!("init --region fsn1 --bucket {long}");
    let mut terminal = Terminal::start(without_network(host.bare(&words)));
    terminal.answer("Name of the bucket for tables:", "lake-tables\r");
    terminal.answer(PREFIX, "\r");
    let (status, screen) = terminal.end();
    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(spec_of(&host).contains("\ntables: { bucket: lake-tables }\n"), "{screen}");
}

#[test]
fn who_became_root_by_sudo_is_shown_the_next_command_with_it() {
    let host = Host::usual();
    let words = "init --no-input --region fsn1 --bucket acme-assets";
    let next = |call: Call| call.run().exits(0).stdout.lines().last().unwrap().to_owned();

    let by_sudo = next(Call::new(&host.work(), words).env("SUDO_USER", "ann"));
    fs::remove_file(host.work().join("datalake.yaml")).unwrap();
    let elsewhere = next(host.bare(words).env("SUDO_USER", "ann"));

    let same = "--region=fsn1 --bucket=acme-assets provision --dry-run";
    assert_eq!(by_sudo, format!("Next: sudo -E datalake {same}"));
    assert!(elsewhere.starts_with("Next: datalake --root="), "{elsewhere}");
}

#[test]
fn a_name_of_another_customer_is_asked_again() {
    let (host, service) = (Host::usual(), Service::quick());
    let create = host.bare("bucket create other-assets").env("DATALAKE_REGION", service.region());
    let create = create.env("DATALAKE_ENDPOINT", service.endpoint());
    let create = create.env("AWS_ACCESS_KEY_ID", OTHER_KEY.id);
    create.env("AWS_SECRET_ACCESS_KEY", OTHER_KEY.secret).run().exits(0);
    let mut terminal = at_service(&host, &service, KEY.secret);

    terminal.answer("the name is free", "other-assets\r");
    terminal.answer("other-assets: the name is taken by another customer", "acme-assets\r");
    terminal.answer(PREFIX, "\r");
    let (status, screen) = terminal.end();

    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(screen.contains("chosen; the name is free"), "{screen}");
    assert!(spec_of(&host).contains("\nbucket: acme-assets\n"), "{screen}");
}

#[test]
fn a_refused_key_makes_no_name_look_taken() {
    let (host, service) = (Host::usual(), Service::quick());
    let mut terminal = at_service(&host, &service, OTHER_KEY.secret);

    terminal.answer("whether the name is free is not known", "\r");
    terminal.answer(PREFIX, "\r");
    let (status, screen) = terminal.end();

    assert_eq!(status.code(), Some(0), "{screen}");
    assert!(!screen.contains("taken"), "{screen}");
}
