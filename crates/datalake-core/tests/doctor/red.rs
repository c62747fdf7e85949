//! What makes each finding red.

use datalake_core::doctor::{
    Conditional, EnvFileLook, Examination, FindingId, Head, LocationTrial, Look, OldValue,
    PodmanLook, Proxy, PythonTrap, PythonTrapKind, Sent, Tagging, TlsLook, UnfinishedUpload,
    YamlTrap, YamlTrapKind, read_policy,
};
use datalake_core::{ByteSize, Fault, FaultKind, Lifecycle, Versioning};

use crate::modal::cases as modal;
use crate::sound::{Change, bucket, file, life, location, unknown};

fn refused<T>(kind: FaultKind) -> Look<T> {
    Look::Unknown(Fault::new(kind, "status 403"))
}

fn certificate(expires: &str) -> Look<TlsLook> {
    Look::Saw(TlsLook { refused: None, expires: Some(expires.parse().unwrap()) })
}

fn dead(name: &str, is_own: bool) -> LocationTrial {
    let fault = Some("no connection in time".to_owned());
    LocationTrial { failures: 3, millis: None, fault, ..location(name, is_own) }
}

fn line(is_repaired: bool) -> Look<Vec<OldValue>> {
    Look::Saw(vec![OldValue {
        path: "/var/lib/dagster/a.container".to_owned(),
        line: 7,
        harm: "it wins".to_owned(),
        cure: "take it out".to_owned(),
        is_repaired,
    }])
}

fn setting(seen: &mut Examination, name: &str, value: Option<&str>) {
    let Look::Saw(Some(handed)) = &mut seen.settings.handed_over else { panic!() };
    let settings = handed.settings.as_mut().unwrap();
    match value {
        Some(value) => settings.insert(name.to_owned(), value.to_owned()),
        None => settings.remove(name),
    };
}

fn policy(statement: &str) -> Look<Option<datalake_core::doctor::PolicyTraits>> {
    Look::Saw(Some(read_policy(&format!(r#"{{"Statement": [{statement}]}}"#))))
}

fn python(kind: PythonTrapKind) -> Change {
    match kind {
        PythonTrapKind::ModalWord => {
            |seen| seen.python.traps = python_trap(PythonTrapKind::ModalWord)
        }
        PythonTrapKind::Getenv => |seen| seen.python.traps = python_trap(PythonTrapKind::Getenv),
        PythonTrapKind::LatestJson => {
            |seen| seen.python.traps = python_trap(PythonTrapKind::LatestJson)
        }
        PythonTrapKind::Secret => |seen| seen.python.traps = python_trap(PythonTrapKind::Secret),
        PythonTrapKind::LeadingSlash => {
            |seen| seen.python.traps = python_trap(PythonTrapKind::LeadingSlash)
        }
    }
}

fn python_trap(kind: PythonTrapKind) -> Look<Vec<PythonTrap>> {
    let (path, word) = ("defs.py".to_owned(), "modal.Stub".to_owned());
    Look::Saw(vec![PythonTrap { path, line: 3, kind, word, instead: Some("x".to_owned()) }])
}

fn yaml(seen: &mut Examination, kind: YamlTrapKind) {
    seen.dagster_yaml.traps = Look::Saw(vec![YamlTrap { kind, what: "line 3".to_owned() }]);
}

/// The first situation that makes `id` red.
pub(crate) fn of(id: FindingId) -> Change {
    cases().into_iter().find(|(red, _)| *red == id).unwrap().1
}

pub(crate) fn cases() -> Vec<(FindingId, Change)> {
    [
        network(),
        key(),
        store(),
        trials(),
        host(),
        settings(),
        containers(),
        files(),
        modal(),
        money(),
    ]
    .concat()
}

fn network() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::NetworkProxy, |seen| {
            let address = "socks5://192.0.2.1:1080".to_owned();
            seen.network.proxy = Look::Saw(Some(Proxy { address, is_usable: false }));
        }),
        (FindingId::NetworkDns, |seen| seen.network.addresses = Look::Saw(vec![])),
        (FindingId::NetworkTcp, |seen| seen.network.connection = refused(FaultKind::Unreachable)),
        (FindingId::NetworkTls, |seen| {
            let refused = Some("UnknownIssuer".to_owned());
            seen.network.tls = Look::Saw(TlsLook { refused, expires: None });
        }),
        (FindingId::NetworkCertificate, |seen| {
            seen.network.tls = certificate("2026-11-25T00:00:00Z");
        }),
        (FindingId::NetworkCertificate, |seen| {
            seen.network.tls = certificate("2026-11-22T17:59:59Z");
        }),
        (FindingId::NetworkAnswer, |seen| {
            seen.network.greeting = seen.network.greeting.clone().map(|mut greeting| {
                greeting.is_s3 = false;
                greeting
            });
        }),
        (FindingId::NetworkClock, |seen| {
            seen.network.greeting = seen.network.greeting.clone().map(|mut greeting| {
                greeting.clock_ahead = Some(-1000);
                greeting
            });
        }),
        (FindingId::NetworkLocations, |seen| {
            seen.network.locations = Look::Saw(vec![dead("fsn1", true), location("hel1", false)]);
        }),
        (FindingId::NetworkLocations, |seen| {
            seen.network.locations = Look::Saw(vec![dead("fsn1", true), dead("hel1", false)]);
        }),
        (FindingId::NetworkLocations, |seen| {
            let slow = LocationTrial { millis: Some(4000), ..location("fsn1", true) };
            seen.network.locations = Look::Saw(vec![slow, location("hel1", false)]);
        }),
    ]
}

fn key() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::KeySource, |seen| seen.key.source = Look::Saw(Err("no pair".to_owned()))),
        (FindingId::KeyShape, |seen| {
            seen.key.flaw = Look::Saw(Some("the secret access key is empty".to_owned()));
        }),
        (FindingId::KeySwapped, |seen| seen.key.is_swapped = Look::Saw(true)),
        (FindingId::KeyUnknown, |seen| seen.key.service = refused(FaultKind::UnknownAccessKey)),
        (FindingId::KeySecret, |seen| seen.key.service = refused(FaultKind::WrongSecret)),
        (FindingId::KeyRegion, |seen| seen.key.service = refused(FaultKind::WrongRegion)),
        (FindingId::KeyDenied, |seen| seen.store.heads = Look::Saw(vec![Head::Denied; 5])),
        (FindingId::KeyProject, |seen| {
            seen.store.heads = Look::Saw(vec![Head::Denied; 5]);
            seen.key.buckets = Look::Saw(vec![bucket("other")]);
            seen.key.has_used_bucket = true;
        }),
        (FindingId::KeyReach, |seen| {
            seen.key.opens = Look::Saw(vec![bucket("payroll"), bucket("backups")]);
        }),
    ]
}

fn store() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::StoreBucket, |seen| seen.store.heads = Look::Saw(vec![Head::Absent; 5])),
        (FindingId::StoreBucketForeign, |seen| {
            seen.store.heads = Look::Saw(vec![Head::Denied; 5]);
            seen.key.buckets = Look::Saw(vec![]);
        }),
        (FindingId::StoreBucketLate, |seen| {
            seen.store.heads = Look::Saw(vec![Head::Here, Head::Absent, Head::Here]);
        }),
        (FindingId::StoreVersioning, |seen| {
            seen.store.versioning = Look::Saw(Versioning::Suspended);
        }),
        (FindingId::StoreVersioning, |seen| seen.store.versioning = Look::Saw(Versioning::Never)),
        (FindingId::StoreLifecycle, |seen| {
            seen.store.lifecycle = Look::Saw(Lifecycle::default());
        }),
        (FindingId::StorePublic, |seen| {
            seen.store.open_to_all = Look::Saw(vec!["list it".to_owned()]);
        }),
        (FindingId::StorePolicy, |seen| {
            seen.store.policy =
                policy(r#"{"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject"}"#);
        }),
        (FindingId::StorePolicy, |seen| {
            seen.store.policy = policy(
                r#"{"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::7:root"}, "Action": "*"}"#,
            );
        }),
        (FindingId::StoreWriters, |seen| {
            seen.store.policy = policy(
                r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam:::user/p7:MODAL"},
                    "Action": "s3:PutObject"}"#,
            );
        }),
        (FindingId::StoreMigrated, |seen| seen.store.migrated = Look::Saw(1000)),
    ]
}

fn trials() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::StoreProbe, |seen| seen.trials.probe = refused(FaultKind::Denied)),
        (FindingId::StoreSlow, |seen| {
            seen.trials.probe = Look::Saw(Sent { put: 9000, get: 20, delete: 20 });
        }),
        (FindingId::StoreMultipart, |seen| seen.trials.multipart = refused(FaultKind::Denied)),
        (FindingId::StoreChecksums, |seen| seen.trials.damage_is_refused = Look::Saw(false)),
        (FindingId::StoreConditionalPut, |seen| {
            seen.trials.conditional = Look::Saw(Conditional::Ignored);
            seen.store.versioning = Look::Saw(Versioning::Never);
        }),
        (FindingId::StoreTagging, |seen| seen.trials.tagging = Look::Saw(Tagging::Lost)),
    ]
}

fn host() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::HostUser, |seen| seen.host.account = Look::Saw(Err("no user".to_owned()))),
        (FindingId::HostCaller, |seen| {
            seen.host.stranger = Look::Saw(Some("user 1000 is neither".to_owned()));
        }),
        (FindingId::HostLingering, |seen| seen.host.lingers = Look::Saw(false)),
        (FindingId::HostSubids, |seen| {
            seen.host.without_subids = Look::Saw(vec!["/etc/subuid".to_owned()]);
        }),
        (FindingId::HostManager, |seen| seen.host.has_manager = Look::Saw(false)),
        (FindingId::HostPodman, |seen| seen.host.podman = Look::Saw(None)),
        (FindingId::HostPodman, |seen| {
            let cannot = Some("it ignores drop-ins".to_owned());
            let version = "4.9.3".to_owned();
            seen.host.podman = Look::Saw(Some(PodmanLook { version, cannot }));
        }),
        (FindingId::HostOnline, |seen| seen.host.is_online = Look::Saw(false)),
        (FindingId::HostUnits, |seen| {
            seen.host.units = Look::Saw(vec![("dagster-daemon".to_owned(), false)]);
        }),
        (FindingId::HostGenerator, |seen| {
            let said = Some("unsupported key 'Foo'".to_owned());
            seen.host.generator = Look::Saw(vec![("dagster-daemon".to_owned(), said)]);
        }),
    ]
}

fn settings() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::HostDashedEnvFile, |seen| seen.settings.dashed = line(true)),
        (FindingId::HostOldValues, |seen| seen.settings.old_values = line(true)),
        (FindingId::HostOldValues, |seen| seen.settings.old_values = line(false)),
        (FindingId::HostEnvFile, |seen| seen.settings.handed_over = Look::Saw(None)),
        (FindingId::HostEnvFile, |seen| {
            let Look::Saw(Some(handed)) = &mut seen.settings.handed_over else { panic!() };
            handed.settings = Err("line 2 sets a variable to nothing".to_owned());
        }),
        (FindingId::HostEnvFileMode, |seen| {
            let wide = EnvFileLook { is_private: false, ..file("/s3.env") };
            seen.settings.env_file = Look::Saw(wide);
        }),
        (FindingId::HostEnvFileMode, |seen| {
            let foreign = EnvFileLook { is_users: false, ..file("/s3.env") };
            seen.settings.env_file = Look::Saw(foreign);
        }),
        (FindingId::HostSettings, |seen| setting(seen, "DAGSTER_S3_BUCKET", Some("other"))),
        (FindingId::HostSettings, |seen| setting(seen, "DAGSTER_S3_BUCKET", None)),
        (FindingId::HostHandover, |seen| {
            seen.settings.given = Look::Saw(vec![("dagster-daemon".to_owned(), false)]);
        }),
        (FindingId::HostChecksumVariables, |seen| {
            setting(seen, "AWS_REQUEST_CHECKSUM_CALCULATION", Some("when_supported"));
        }),
        (FindingId::HostRegionVariable, |seen| setting(seen, "AWS_DEFAULT_REGION", None)),
        (FindingId::HostEnvironmentD, |seen| seen.settings.user_wide = line(true)),
        (FindingId::HostShellHistory, |seen| {
            seen.settings.histories = Look::Saw(vec![("/root/.bash_history".to_owned(), vec![7])]);
        }),
        (FindingId::HostYamlBackups, |seen| {
            seen.settings.yaml_backups = Look::Saw(vec!["1".to_owned(), "2".to_owned()]);
        }),
        (FindingId::HostBackups, |seen| {
            seen.settings.blind_backups = Look::Saw(vec!["/var/lib/dagster/backup".to_owned()]);
        }),
    ]
}

fn containers() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::ContainersUp, |seen| {
            let state = Some("inactive (dead)".to_owned());
            let down = datalake_core::doctor::LifeLook { state, is_up: false, ..life("a") };
            seen.containers.lives = Look::Saw(vec![down]);
        }),
        (FindingId::ContainersSettled, |seen| {
            let again = datalake_core::doctor::LifeLook { was_restarted: true, ..life("a") };
            seen.containers.lives = Look::Saw(vec![again]);
        }),
        (FindingId::ContainersEnvironment, |seen| {
            let Look::Saw(all) = &mut seen.containers.containers else { panic!() };
            all[0].differing = Look::Saw(vec!["DAGSTER_S3_BUCKET".to_owned()]);
        }),
        (FindingId::ContainersPackages, |seen| {
            let lacks = Some("dagster-aws none -> 0.28.6".to_owned());
            seen.containers.packages = Look::Saw(vec![("a".to_owned(), lacks)]);
        }),
        (FindingId::ContainersLogManager, |seen| {
            let Look::Saw(all) = &mut seen.containers.containers else { panic!() };
            all[0].log_manager = Look::Saw(Err("No module named 'dagster_aws'".to_owned()));
        }),
        (FindingId::ContainersCanary, |seen| {
            seen.containers.canary = Look::Saw(Some("put: 403".to_owned()));
        }),
    ]
}

fn files() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::DagsterYamlForm, |seen| yaml(seen, YamlTrapKind::Form)),
        (FindingId::DagsterYamlDuplicateKey, |seen| yaml(seen, YamlTrapKind::DuplicateKey)),
        (FindingId::DagsterYamlHome, |seen| yaml(seen, YamlTrapKind::UnexpandedHome)),
        (FindingId::DagsterYamlRelative, |seen| yaml(seen, YamlTrapKind::RelativeFolder)),
        (FindingId::DagsterYamlKeys, |seen| yaml(seen, YamlTrapKind::UnknownKey)),
        (FindingId::DagsterYamlEnv, |seen| yaml(seen, YamlTrapKind::MissingVariable)),
        (FindingId::DagsterYamlRegion, |seen| yaml(seen, YamlTrapKind::RegionIgnored)),
        (FindingId::DagsterYamlEncryption, |seen| yaml(seen, YamlTrapKind::Encryption)),
        (FindingId::DagsterYamlPartial, |seen| yaml(seen, YamlTrapKind::Partial)),
        (FindingId::DagsterYamlConsoleLinks, |seen| yaml(seen, YamlTrapKind::ConsoleLinks)),
        (FindingId::DagsterYamlPrefix, |seen| yaml(seen, YamlTrapKind::SharedPrefix)),
        (FindingId::DagsterYamlLocalLogs, |seen| yaml(seen, YamlTrapKind::LocalLogs)),
        (FindingId::DagsterYamlLauncher, |seen| yaml(seen, YamlTrapKind::Launcher)),
        (FindingId::PythonModalWords, python(PythonTrapKind::ModalWord)),
        (FindingId::PythonGetenv, python(PythonTrapKind::Getenv)),
        (FindingId::PythonLatestJson, python(PythonTrapKind::LatestJson)),
        (FindingId::PythonSecret, python(PythonTrapKind::Secret)),
        (FindingId::PythonLeadingSlash, python(PythonTrapKind::LeadingSlash)),
    ]
}

fn money() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::MoneyPriceTable, |seen| {
            seen.money.prices = Look::Saw("read 2025-01-01 to 2025-02-03".to_owned());
        }),
        (FindingId::MoneyPerGb, |seen| {
            seen.money.plan = Look::Saw(("per-gb".to_owned(), true));
        }),
        (FindingId::MoneyUnfinishedUploads, |seen| {
            let (key, begun) = ("a".to_owned(), "2026-11-20T00:00:00Z".parse().unwrap());
            seen.money.uploads = Look::Saw(vec![UnfinishedUpload { key, begun }]);
        }),
        (FindingId::MoneyOldVersions, |seen| seen.money.old_versions_expire = false),
        (FindingId::MoneyOldVersions, |seen| {
            let Look::Saw(usage) = &mut seen.money.usage else { panic!() };
            (0..200).for_each(|_| usage.noncurrent.add(ByteSize(1_000_000)));
        }),
    ]
}

#[test]
fn a_service_that_is_not_there_is_no_fault_of_the_key() {
    use datalake_core::doctor::{Outcome, diagnose};
    let mut seen = crate::sound::place();
    seen.key.service = unknown();

    let diagnosis = diagnose(&seen);

    assert!(matches!(diagnosis.of(FindingId::KeyUnknown), Outcome::Unknown(_)));
    assert!(matches!(diagnosis.of(FindingId::KeySecret), Outcome::Skipped(_)));
}
