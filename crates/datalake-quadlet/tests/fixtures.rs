//! The unit files under `tests/fixtures/quadlets`, which were given to real generators.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datalake_core::host::HostPath;
use datalake_core::secret::Credentials;
use datalake_quadlet::generator::{Expected, GeneratorOutput, UnitVerdict, check_unit};
use datalake_quadlet::{
    Edited, S3_VARIABLES, TroubleKind, UnitFile, drop_in, find_hazards, find_troubles,
    insert_blocks, remove_blocks, repair_unit, split_words,
};

const NAMES: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "DAGSTER_S3_BUCKET",
    "DAGSTER_S3_ENDPOINT_URL",
    "DAGSTER_S3_REGION",
];
const SERVICES: [&str; 2] = ["dagster-daemon", "dagster-webserver"];
const VERSIONS: [&str; 4] = ["4.9.3", "5.4.2", "5.8.6", "6.1.1"];
const HOME: &str = "/var/lib/dagster/.config";

fn env_file() -> HostPath {
    format!("{HOME}/datalake/s3.env").parse().expect("a path")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/quadlets")
}

#[expect(clippy::disallowed_methods, reason = "tests read fixtures")]
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

#[expect(clippy::disallowed_methods, reason = "tests read fixtures")]
fn collect(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            let name = path.strip_prefix(root()).expect("below the root").display().to_string();
            found.insert(name, text);
        }
    }
}

/// All files of all sets, the golden outputs included: any text has to survive.
fn all_files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    collect(&root(), &mut found);
    assert!(found.len() > 100, "only {} fixtures", found.len());
    found
}

fn filled(edited: &Edited, old: &str) -> String {
    let keys = Credentials::pair("ID".parse().expect("an id"), "SECRET".parse().expect("a secret"));
    let body = edited.body().fill(&keys, old.as_bytes()).expect("only what is there is kept");
    String::from_utf8(body.expose().to_vec()).expect("characters are kept whole")
}

#[test]
fn every_byte_is_kept() {
    for (name, text) in all_files() {
        assert_eq!(UnitFile::parse(&text).to_string(), text, "{name}");
    }
}

#[test]
fn taking_the_blocks_out_gives_the_bytes_of_before() {
    let mut changed = 0;
    for (name, text) in all_files() {
        let unit = UnitFile::parse(&text);
        let bare = remove_blocks(&unit).unwrap();
        let Ok(edited) = insert_blocks(&bare.unit(), &env_file(), &NAMES) else {
            assert!(!bare.unit().sections().any(|section| section == "Container"), "{name}");
            continue;
        };
        changed += 1;

        assert_eq!(filled(&edited, bare.text()), edited.text(), "{name}");
        assert_eq!(remove_blocks(&edited.unit()).unwrap().text(), bare.text(), "{name}");
        let again = insert_blocks(&edited.unit(), &env_file(), &NAMES).unwrap();
        assert_eq!(again.text(), edited.text(), "{name}");
    }
    assert!(changed > 30, "only {changed} units changed");
}

#[test]
fn blocks_are_those_of_the_service_env_set() {
    for service in SERVICES {
        let base = read(&format!("base/{service}.container"));
        let expected = read(&format!("service-env/{service}.container"));

        let edited = insert_blocks(&UnitFile::parse(&base), &env_file(), &NAMES).unwrap();

        assert_eq!(edited.text(), expected);
        assert_eq!(remove_blocks(&UnitFile::parse(&expected)).unwrap().text(), base);
    }
}

#[test]
fn the_drop_in_is_that_of_the_dropin_env_set() {
    for service in SERVICES {
        let expected = read(&format!("dropin-env/{service}.container.d/50-datalake-s3.conf"));

        assert_eq!(drop_in(&env_file(), &NAMES).unwrap(), expected);
    }
}

#[test]
fn the_broken_set_is_repaired_to_the_base_set() {
    for service in SERVICES {
        let broken = read(&format!("seed-broken/{service}.container"));
        let unit = UnitFile::parse(&broken);

        let troubles = find_troubles(&unit, &S3_VARIABLES);
        let edited = repair_unit(&unit, &S3_VARIABLES);

        let path = format!("{HOME}/environment.d/dagster-s3.conf");
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].kind, TroubleKind::DashedEnvFile { path });
        assert!(broken.lines().nth(troubles[0].line - 1).unwrap().starts_with("EnvironmentFile=-"));
        assert_eq!(edited.text(), read(&format!("base/{service}.container")));
        assert_eq!(filled(&edited, &broken), edited.text());
    }
}

#[test]
fn other_sets_have_nothing_to_repair() {
    for (name, text) in all_files() {
        if name.ends_with(".container") && !name.starts_with("seed-broken/") {
            assert_eq!(find_troubles(&UnitFile::parse(&text), &S3_VARIABLES), [], "{name}");
        }
    }
}

/// What the generator printed for `set`, if this version takes the set at all.
fn golden(version: &str, set: &str) -> Option<GeneratorOutput> {
    let path = root().join(format!("golden/{version}/{set}.txt"));
    path.exists().then(|| GeneratorOutput::read(&read(&format!("golden/{version}/{set}.txt")), ""))
}

#[test]
fn the_generators_hand_the_variables_over() {
    for version in VERSIONS {
        for (set, since) in [("service-env", "4"), ("dropin-env", "5")] {
            let output = golden(version, set).unwrap();
            for service in SERVICES {
                let path = format!("{HOME}/containers/systemd/{service}.container");
                let verdict = check_unit(&output, &path, &NAMES.map(Expected::Env));
                assert_eq!(verdict.is_ok(), version >= since, "{version} {set}: {verdict:?}");
            }
        }
    }
}

#[test]
fn the_generators_hand_secrets_over() {
    let secret = |variable| {
        let secret = match variable {
            "AWS_ACCESS_KEY_ID" => "datalake-s3-access-key-id",
            _ => "datalake-s3-secret-access-key",
        };
        Expected::Secret { variable, secret }
    };
    let keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(secret);
    let bucket = Expected::Value("DAGSTER_S3_BUCKET", "dagster-assets");
    let expected = [keys.to_vec(), vec![bucket]].concat();
    for version in &VERSIONS[1..] {
        let output = golden(version, "dropin-secret").unwrap();
        for service in SERVICES {
            let path = format!("{HOME}/containers/systemd/{service}.container");
            assert_eq!(check_unit(&output, &path, &expected), Ok(()), "{version}");
        }
    }
}

#[test]
fn the_generators_show_that_the_broken_set_cannot_start() {
    for version in VERSIONS {
        let output = golden(version, "seed-broken").unwrap();

        let unit = "dagster-daemon.service".to_owned();
        let folder = format!("{HOME}/containers/systemd");
        let source = format!("{folder}/dagster-daemon.container");
        let path = format!("{folder}/-{HOME}/environment.d/dagster-s3.conf");
        assert_eq!(
            check_unit(&output, &source, &[]),
            Err(UnitVerdict::DashedEnvFile { unit, path })
        );
    }
}

#[test]
fn words_of_the_unit_are_those_that_the_generators_read() {
    for version in &VERSIONS[1..] {
        for (name, text) in all_files() {
            let Some(set) = name.strip_prefix("hard-syntax/") else { continue };
            let unit = UnitFile::parse(&text);
            assert!(unit.refused_lines().is_empty(), "{name}");
            let output = golden(version, &name).unwrap_or_else(|| panic!("{version} {name}"));
            let made = output.made_from(&format!("{HOME}/containers/systemd/{set}")).expect("made");
            let command = made.command().unwrap();

            let follows = |option: &str, value: &String| {
                command.windows(2).any(|pair| pair[0] == option && pair[1] == *value)
            };
            for word in unit.words("Container", "Environment") {
                assert!(follows("--env", &word), "{version} {name}: {word}");
            }
            for path in unit.words("Container", "EnvironmentFile") {
                assert!(follows("--env-file", &path), "{version} {name}: {path}");
            }
            for word in unit.words("Container", "PodmanArgs") {
                assert!(command.contains(&word), "{version} {name}: {word}");
            }
            let exec = split_words(unit.last("Container", "Exec").unwrap_or_default()).unwrap();
            assert!(command.ends_with(&exec), "{version} {name}: {command:?}");
            assert!(command.contains(&unit.last("Container", "Image").unwrap().to_owned()));
        }
    }
}

#[test]
fn lines_that_the_generators_refuse_are_told() {
    let refused = |name: &str| UnitFile::parse(&read(&format!("rejected/{name}"))).refused_lines();

    assert_eq!(refused("bom.container"), [1, 2]);
    assert_eq!(refused("comment-after-section.container"), [1, 2]);
    assert_eq!(refused("key-before-section.container"), [1]);
    assert_eq!(refused("not-a-pair.container"), [3]);
    assert!(refused("unknown-key.container").is_empty());
}

#[test]
fn hazards_are_those_that_generators_below_5_4_stumbled_over() {
    let found = |name: &str, version: &str| {
        let unit = UnitFile::parse(&read(&format!("hard-syntax/{name}.container")));
        find_hazards(&unit, version.parse().unwrap()).len()
    };

    assert_eq!(found("continuations", "5.3.2"), 2);
    assert_eq!(found("semicolon-comments", "4.9.3"), 2);
    assert_eq!(found("continuations", "5.4.2"), 0);
    assert_eq!(found("quoting", "4.9.3"), 0);
}
