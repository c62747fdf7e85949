//! What makes the findings of the host, its files and containers red.

use datalake_core::clients::ClientEnd;
use datalake_core::doctor::{
    Boto3Look, CodeServerLook, EnvFileLook, Examination, FindingId, GivenSettings, Look, OldValue,
    PodmanLook, PythonTrap, PythonTrapKind, Refusal, SwitchStanding, YamlTrap, YamlTrapKind,
};

use crate::sound::{Change, code, file, life};

pub(super) fn cases() -> Vec<(FindingId, Change)> {
    [host(), settings(), leftovers(), containers(), files()].concat()
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
        (FindingId::HostKind, |seen| {
            let sentence = "`/srv/compose.yaml` is a compose file".to_owned();
            seen.host.kind = Look::Saw(Some(sentence));
        }),
        (FindingId::HostUnits, |seen| {
            seen.host.units = Look::Saw(vec![("dagster-daemon".to_owned(), false)]);
        }),
        (FindingId::HostLeftOutUnits, |seen| {
            seen.host.left_out = Look::Saw(vec!["`etl-code` runs user code".to_owned()]);
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
        (FindingId::HostMissingEnvFile, |seen| seen.settings.missing_env_files = line(true)),
        (FindingId::HostMissingEnvFile, |seen| seen.settings.missing_env_files = line(false)),
        (FindingId::HostOverrides, |seen| seen.settings.overrides = line(false)),
        (FindingId::HostReaders, |seen| {
            seen.settings.in_the_way = Look::Saw(vec!["`/a.container:2`".to_owned()]);
        }),
        (FindingId::HostUnitLines, |seen| seen.settings.hazards = line(false)),
        (FindingId::HostOldValues, |seen| seen.settings.old_values = line(true)),
        (FindingId::HostOldValues, |seen| seen.settings.old_values = line(false)),
        (FindingId::HostCodeServers, |seen| code_server(seen, GivenSettings::Nothing)),
        (FindingId::HostCodeServers, |seen| {
            code_server(seen, GivenSettings::OtherBucket("lake".to_owned()));
        }),
        (FindingId::HostApplicationSettings, |seen| seen.settings.application = line(false)),
        (FindingId::HostEnvFile, |seen| seen.settings.handed_over = Look::Saw(None)),
        (FindingId::HostEnvFile, |seen| {
            let Look::Saw(Some(handed)) = &mut seen.settings.handed_over else { panic!() };
            handed.settings = Err("line 2 sets a variable to nothing".to_owned());
        }),
        (FindingId::HostEnvFile, |seen| {
            let Look::Saw(Some(handed)) = &mut seen.settings.handed_over else { panic!() };
            handed.is_plain = false;
            handed.settings = Err("a link, not a file".to_owned());
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
        (FindingId::HostInStep, |seen| {
            seen.settings.pending = Look::Saw(vec!["write file s3.env".to_owned()]);
        }),
        (FindingId::HostInStep, |seen| {
            let (what, cure) = ("two units have different homes".to_owned(), "name one".to_owned());
            seen.settings.refusal = Some(Refusal { what, cure });
        }),
    ]
}

fn leftovers() -> Vec<(FindingId, Change)> {
    vec![
        (FindingId::HostShellHistory, |seen| {
            seen.settings.histories = Look::Saw(vec![(".bash_history".to_owned(), vec![7])]);
        }),
        (FindingId::HostYamlBackups, |seen| {
            seen.settings.yaml_backups = Look::Saw(vec!["1".to_owned(), "2".to_owned()]);
        }),
        (FindingId::HostBackups, |seen| {
            seen.settings.blind_backups = Look::Saw(vec!["/var/lib/dagster/backup".to_owned()]);
        }),
    ]
}

fn set_client_end(seen: &mut Examination, end: ClientEnd) {
    let Look::Saw(places) = &mut seen.lake.places else { panic!() };
    let Look::Saw(trials) = &mut places[0].trials else { panic!() };
    trials[0].end = end;
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
        (FindingId::ContainersBoto3, |seen| boto3(seen, None, &[])),
        (FindingId::ContainersBoto3, |seen| boto3(seen, Some("1.44.5"), &["AWS_PROFILE"])),
        (FindingId::ContainersCanary, |seen| {
            seen.containers.canary = Look::Saw(Some("put: 403".to_owned()));
        }),
        (FindingId::LakeClients, |seen| {
            set_client_end(seen, ClientEnd::Loses { told: 8, kept: 3 });
        }),
        (FindingId::LakeClients, |seen| {
            set_client_end(seen, ClientEnd::NeedsLines("no variable".to_owned()));
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
        (FindingId::DagsterYamlLocalLogs, |seen| yaml(seen, YamlTrapKind::OtherBucket)),
        (FindingId::DagsterYamlLocalLogs, |seen| yaml(seen, YamlTrapKind::OtherService)),
        (FindingId::DagsterYamlLauncher, |seen| yaml(seen, YamlTrapKind::Launcher)),
        (FindingId::PythonModalWords, |seen| python(seen, PythonTrapKind::ModalWord)),
        (FindingId::PythonGetenv, |seen| python(seen, PythonTrapKind::Getenv)),
        (FindingId::PythonLatestJson, |seen| python(seen, PythonTrapKind::LatestJson)),
        (FindingId::PythonSecret, |seen| python(seen, PythonTrapKind::Secret)),
        (FindingId::PythonLeadingSlash, |seen| python(seen, PythonTrapKind::LeadingSlash)),
        (FindingId::PythonS3Place, |seen| python(seen, PythonTrapKind::S3Place)),
        (FindingId::PythonSwitch, |seen| {
            seen.switch.standing = Look::Saw(SwitchStanding::Checked {
                time: seen.now,
                green: 74,
                red: vec!["plain: read below `dagster/`".to_owned()],
                unknown: vec![],
            });
        }),
        (FindingId::PythonSwitch, |seen| {
            seen.switch.standing = Look::Saw(SwitchStanding::Unproved);
        }),
        (FindingId::PythonSwitch, |seen| {
            let place = "s3://old/assets/".to_owned();
            seen.switch.standing = Look::Saw(SwitchStanding::OfAnotherPlace(place));
        }),
    ]
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

fn code_server(seen: &mut Examination, given: GivenSettings) {
    let server = CodeServerLook { given, ..code() };
    seen.settings.code_servers = Look::Saw(vec![server]);
}

fn boto3(seen: &mut Examination, version: Option<&str>, steering: &[&str]) {
    let Look::Saw(all) = &mut seen.containers.containers else { panic!() };
    let steering = steering.iter().map(|name| (*name).to_owned()).collect();
    all[0].boto3 = Look::Saw(Boto3Look { version: version.map(str::to_owned), steering });
}

fn setting(seen: &mut Examination, name: &str, value: Option<&str>) {
    let Look::Saw(Some(handed)) = &mut seen.settings.handed_over else { panic!() };
    let settings = handed.settings.as_mut().unwrap();
    match value {
        Some(value) => settings.insert(name.to_owned(), value.to_owned()),
        None => settings.remove(name),
    };
}

fn python(seen: &mut Examination, kind: PythonTrapKind) {
    let (path, word) = ("defs.py".to_owned(), "modal.Stub".to_owned());
    let trap = PythonTrap { path, line: 3, kind, word, instead: Some("x".to_owned()) };
    seen.python.traps = Look::Saw(vec![trap]);
}

fn yaml(seen: &mut Examination, kind: YamlTrapKind) {
    seen.dagster_yaml.traps = Look::Saw(vec![YamlTrap { kind, what: "line 3".to_owned() }]);
}
