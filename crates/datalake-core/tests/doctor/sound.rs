//! A place in which everything is well.

use datalake_core::clients::{ClientEnd, ClientTrial};
use datalake_core::doctor::{
    Boto3Look, CodeServerLook, ContainerLook, EnvFileLook, Examination, GivenSettings, Greeting,
    HandedOver, HeadAnswer, LifeLook, LocationTrial, Look, ModalClientLook, ModalSecretAge,
    ModalSecretLook, PodmanLook, SwitchStanding, TablesBucket, Tagging, TlsLook, TrialTimes,
    TriedPlace, UnfinishedUpload, Usual,
};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::plan::Service;
use datalake_core::s3::{
    BucketName, ConditionalPuts, FoundTables, Lifecycle, PublicAccessBlock, TableSearch, Versioning,
};
use datalake_core::size::ByteSize;
use datalake_core::tables::LostSearch;
use datalake_core::time::Timestamp;
use datalake_core::usage::Usage;

pub(crate) const BUCKET: &str = "acme-dagster-assets";

/// A change of a place.
pub(crate) type Change = fn(&mut Examination);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn bucket(name: &str) -> BucketName {
    name.parse().unwrap()
}

pub(crate) fn place() -> Examination {
    let mut seen = Examination::nothing(at("2026-11-22T18:00:00Z"));
    seen.spec.troubles = Look::Saw(vec![]);
    network(&mut seen);
    key_and_store(&mut seen);
    host(&mut seen);
    settings(&mut seen);
    rest(&mut seen);
    seen
}

fn network(seen: &mut Examination) {
    "https://fsn1.your-objectstorage.com".clone_into(&mut seen.network.endpoint);
    seen.network.proxy = Look::Saw(None);
    seen.network.addresses = Look::Saw(vec!["192.0.2.7".parse().unwrap()]);
    seen.network.connection = Look::Saw(12);
    seen.network.tls =
        Look::Saw(TlsLook { refused: None, expires: Some(at("2027-02-01T00:00:00Z")) });
    seen.network.greeting = Look::Saw(Greeting { status: 200, is_s3: true, clock_ahead: Some(-1) });
    seen.network.locations = Look::Saw(vec![location("fsn1", true), location("hel1", false)]);
}

pub(crate) fn location(name: &str, is_own: bool) -> LocationTrial {
    LocationTrial {
        name: name.to_owned(),
        is_own,
        tries: 3,
        failures: 0,
        millis: Some(20),
        fault: None,
        usual: Some(Usual { examinations: 9, failures_percent: 0, millis: 18 }),
    }
}

fn key_and_store(seen: &mut Examination) {
    seen.key.source = Look::Saw(Ok("AKIDEXAMPLE".to_owned()));
    seen.key.flaw = Look::Saw(None);
    seen.key.is_swapped = Look::Saw(false);
    seen.key.service = Look::Saw(Service { clock_ahead: 0, owner: Some("p11".to_owned()) });
    seen.key.buckets = Look::Saw(vec![bucket(BUCKET)]);
    seen.key.opens = Look::Saw(vec![]);
    seen.key.first_stored = Look::Saw(Some(at("2026-08-24T18:00:00Z")));
    BUCKET.clone_into(&mut seen.store.bucket);
    "assets".clone_into(&mut seen.store.prefix);
    seen.store.heads = Look::Saw(vec![HeadAnswer::Here; 5]);
    seen.store.versioning = Look::Saw(Versioning::Enabled);
    seen.store.tables = Look::Saw(TableSearch::of_nothing());
    seen.store.wants_versioning = true;
    let rules = Lifecycle::protection(Some("30d".parse().unwrap()), None);
    seen.store.lifecycle = Look::Saw(rules.clone());
    seen.store.wanted_lifecycle = rules;
    seen.store.open_to_all = Look::Saw(vec![]);
    seen.store.policy = Look::Saw(None);
    seen.store.migrated = Look::Saw(0);
    let block = PublicAccessBlock::default().against_acls();
    seen.public_access.buckets = Look::Saw(vec![(bucket(BUCKET), Look::Saw(block))]);
    seen.public_access.has_roles = true;
    seen.trials.probe = Look::Saw(TrialTimes { put: 30, get: 20, delete: 20 });
    seen.trials.multipart = Look::Saw(());
    seen.trials.damage_is_refused = Look::Saw(true);
    seen.trials.tagging = Look::Saw(Tagging::Kept);
    seen.tables.buckets = Look::Saw(vec![tables_bucket()]);
}

/// A bucket without tables that keeps versions, where conditions are not looked at.
pub(crate) fn tables_bucket() -> TablesBucket {
    TablesBucket {
        bucket: BUCKET.to_owned(),
        is_for_tables: false,
        prefix: String::new(),
        lifecycle: Look::Saw(Lifecycle::default()),
        versioning: Look::Saw(Versioning::Enabled),
        conditional: Look::Saw(ConditionalPuts::Ignored),
        found: Look::Saw(FoundTables { complete: true, ..FoundTables::default() }),
        lost: Look::Saw(LostSearch::default()),
    }
}

fn host(seen: &mut Examination) {
    "dagster-user".clone_into(&mut seen.host.user);
    seen.host.account = Look::Saw(Ok("/var/lib/dagster".to_owned()));
    seen.host.stranger = Look::Saw(None);
    seen.host.lingers = Look::Saw(true);
    seen.host.without_subids = Look::Saw(vec![]);
    seen.host.has_manager = Look::Saw(true);
    seen.host.podman = Look::Saw(Some(PodmanLook { version: "5.4.2".to_owned(), cannot: None }));
    seen.host.is_online = Look::Saw(true);
    seen.host.kind = Look::Saw(None);
    seen.host.units = Look::Saw(vec![("dagster-webserver".to_owned(), true)]);
    seen.host.left_out = Look::Saw(vec![]);
    seen.host.generator = Look::Saw(vec![("dagster-webserver".to_owned(), None)]);
}

fn settings(seen: &mut Examination) {
    let pairs = [
        ("AWS_DEFAULT_REGION", "fsn1"),
        ("AWS_REQUEST_CHECKSUM_CALCULATION", "when_required"),
        ("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_required"),
        ("DAGSTER_S3_BUCKET", BUCKET),
    ];
    let pairs: std::collections::BTreeMap<_, _> =
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    seen.settings.dashed = Look::Saw(vec![]);
    seen.settings.missing_env_files = Look::Saw(vec![]);
    seen.settings.overrides = Look::Saw(vec![]);
    seen.settings.hazards = Look::Saw(vec![]);
    seen.settings.old_values = Look::Saw(vec![]);
    seen.settings.code_servers = Look::Saw(vec![code()]);
    seen.settings.application = Look::Saw(vec![]);
    seen.settings.user_wide = Look::Saw(vec![]);
    seen.settings.handed_over = Look::Saw(Some(HandedOver {
        from: "/var/lib/dagster/.config/datalake/s3.env".to_owned(),
        is_plain: true,
        settings: Ok(pairs.clone()),
        secrets: vec!["AWS_SECRET_ACCESS_KEY".to_owned()],
    }));
    seen.settings.env_file = Look::Saw(file("/var/lib/dagster/.config/datalake/s3.env"));
    seen.settings.wanted = Look::Saw(pairs);
    seen.settings.given = Look::Saw(vec![("dagster-webserver".to_owned(), true)]);
    seen.settings.pending = Look::Saw(vec![]);
    seen.settings.in_the_way = Look::Saw(vec![]);
    seen.settings.histories = Look::Saw(vec![]);
    seen.settings.yaml_backups = Look::Saw(vec!["dagster.yaml.backup-1".to_owned()]);
    seen.settings.blind_backups = Look::Saw(vec![]);
}

pub(crate) fn file(path: &str) -> EnvFileLook {
    let (path, mode) = (path.to_owned(), "0600".to_owned());
    EnvFileLook { path, mode, is_private: true, is_users: true }
}

/// A code server that gets the settings.
pub(crate) fn code() -> CodeServerLook {
    CodeServerLook {
        unit: "dagster-code".to_owned(),
        path: "/var/lib/dagster/dagster-code.container".to_owned(),
        line: 4,
        given: GivenSettings::Spec,
        is_container: true,
        fails_runs: true,
    }
}

/// Modal's client, with tokens in these places.
pub(crate) fn client(version: &str, tokens: &[&str]) -> ModalClientLook {
    ModalClientLook {
        version: version.to_owned(),
        python: "/opt/modal/bin/python".to_owned(),
        tokens: tokens.iter().map(|place| (*place).to_owned()).collect(),
        idle_profiles: None,
    }
}

/// A secret stored then, and an env file written at noon.
pub(crate) fn age(stored: &str) -> ModalSecretAge {
    let written = ("R-1".to_owned(), at("2026-11-22T12:00:00Z"));
    ModalSecretAge { stored: at(stored), written }
}

pub(crate) fn life(unit: &str) -> LifeLook {
    LifeLook {
        unit: unit.to_owned(),
        state: Some("active (running)".to_owned()),
        is_up: true,
        restarts: 0,
        seconds: Some(3600),
        was_restarted: false,
    }
}

fn rest(seen: &mut Examination) {
    seen.containers.lives = Look::Saw(vec![life("dagster-webserver")]);
    seen.containers.containers = Look::Saw(vec![ContainerLook {
        unit: "dagster-webserver".to_owned(),
        differing: Look::Saw(vec![]),
        log_manager: Look::Saw(Ok("S3ComputeLogManager".to_owned())),
        boto3: Look::Saw(Boto3Look { version: Some("1.44.5".to_owned()), steering: vec![] }),
    }]);
    seen.containers.packages = Look::Saw(vec![("dagster-webserver".to_owned(), None)]);
    seen.containers.canary = Look::Saw(None);
    seen.lake.places = Look::Saw(vec![TriedPlace {
        unit: "dagster-webserver".to_owned(),
        trials: Look::Saw(vec![ClientTrial {
            client: "deltalake".to_owned(),
            version: Some("1.6.6".to_owned()),
            end: ClientEnd::Works,
            elsewhere: Vec::new(),
        }]),
    }]);
    "/var/lib/dagster/dagster_home/dagster.yaml".clone_into(&mut seen.dagster_yaml.path);
    seen.dagster_yaml.traps = Look::Saw(vec![]);
    seen.dagster_yaml.wants_logs = true;
    seen.python.files = 3;
    seen.python.traps = Look::Saw(vec![]);
    let (time, red, unknown) = (at("2026-11-22T17:00:00Z"), vec![], vec![]);
    seen.switch.standing = Look::Saw(SwitchStanding::Checked { time, green: 75, red, unknown });
    seen.modal.client = Look::Saw(Ok(client("1.6.4", &["the environment"])));
    seen.modal.config = Look::Saw(file(".modal.toml"));
    seen.modal.answer = Look::Saw(());
    seen.modal.secret = Look::Saw(ModalSecretLook::InStep);
    seen.modal.age = Look::Saw(age("2026-11-22T17:00:00Z"));
    seen.money.prices = Look::Saw("price service, read 2026-09-07 and 2026-10-08".to_owned());
    seen.money.plan = Look::Saw(("hetzner-2026-04".to_owned(), false));
    let (key, begun) = ("assets/new".to_owned(), at("2026-11-22T17:00:00Z"));
    seen.money.uploads = Look::Saw(vec![UnfinishedUpload { key, begun }]);
    let mut usage = Usage::default();
    usage.current.add(ByteSize(1000));
    usage.noncurrent.add(ByteSize(1000));
    seen.money.usage = Look::Saw(usage);
    seen.money.old_versions_expire = true;
    let mut logs = Usage::default();
    logs.current.add(ByteSize(1000));
    seen.money.logs = Look::Saw(logs);
    seen.money.logs_expire = Look::Saw(true);
}

/// A service that gave no answer.
pub(crate) fn unknown<T>() -> Look<T> {
    Look::Unknown(Fault::new(FaultKind::Unavailable, "status 500"))
}

/// Each thing that may not be known.
pub(crate) fn forgotten() -> Vec<(&'static str, Change)> {
    [outside(), on_the_host(), of_modal()].concat()
}

fn outside() -> Vec<(&'static str, Change)> {
    vec![
        ("spec", |seen| seen.spec.troubles = unknown()),
        ("proxy", |seen| seen.network.proxy = unknown()),
        ("addresses", |seen| seen.network.addresses = unknown()),
        ("connection", |seen| seen.network.connection = unknown()),
        ("tls", |seen| seen.network.tls = unknown()),
        ("greeting", |seen| seen.network.greeting = unknown()),
        ("locations", |seen| seen.network.locations = unknown()),
        ("source", |seen| seen.key.source = unknown()),
        ("flaw", |seen| seen.key.flaw = unknown()),
        ("swapped", |seen| seen.key.is_swapped = unknown()),
        ("service", |seen| seen.key.service = unknown()),
        ("opens", |seen| seen.key.opens = unknown()),
        ("first stored", |seen| seen.key.first_stored = unknown()),
        ("heads", |seen| seen.store.heads = unknown()),
        ("versioning", |seen| seen.store.versioning = unknown()),
        ("versioning", |seen| seen.store.tables = unknown()),
        ("lifecycle", |seen| seen.store.lifecycle = unknown()),
        ("open to all", |seen| seen.store.open_to_all = unknown()),
        ("policy", |seen| seen.store.policy = unknown()),
        ("migrated", |seen| seen.store.migrated = unknown()),
        ("probe", |seen| seen.trials.probe = unknown()),
        ("multipart", |seen| seen.trials.multipart = unknown()),
        ("damage", |seen| seen.trials.damage_is_refused = unknown()),
        ("tables", |seen| seen.tables.buckets = unknown()),
        ("conditional", |seen| {
            let bucket = TablesBucket { conditional: unknown(), ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        ("tables in a bucket", |seen| {
            let bucket = TablesBucket { found: unknown(), ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        ("rules where tables are", |seen| {
            let conditional = Look::Saw(ConditionalPuts::Held);
            let bucket = TablesBucket { conditional, is_for_tables: true, ..tables_bucket() };
            let bucket = TablesBucket { lifecycle: unknown(), ..bucket };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        ("logs of tables", |seen| {
            let bucket = TablesBucket { lost: unknown(), ..tables_bucket() };
            seen.tables.buckets = Look::Saw(vec![bucket]);
        }),
        ("tagging", |seen| seen.trials.tagging = unknown()),
        ("prices", |seen| seen.money.prices = unknown()),
        ("plan", |seen| seen.money.plan = unknown()),
        ("uploads", |seen| seen.money.uploads = unknown()),
        ("usage", |seen| seen.money.usage = unknown()),
        ("logs", |seen| seen.money.logs = unknown()),
        ("the rule for logs", |seen| seen.money.logs_expire = unknown()),
    ]
}

fn on_the_host() -> Vec<(&'static str, Change)> {
    vec![
        ("account", |seen| seen.host.account = unknown()),
        ("stranger", |seen| seen.host.stranger = unknown()),
        ("lingering", |seen| seen.host.lingers = unknown()),
        ("subids", |seen| seen.host.without_subids = unknown()),
        ("manager", |seen| seen.host.has_manager = unknown()),
        ("podman", |seen| seen.host.podman = unknown()),
        ("online", |seen| seen.host.is_online = unknown()),
        ("kind", |seen| seen.host.kind = unknown()),
        ("units", |seen| seen.host.units = unknown()),
        ("left out units", |seen| seen.host.left_out = unknown()),
        ("generator", |seen| seen.host.generator = unknown()),
        ("dashed", |seen| seen.settings.dashed = unknown()),
        ("missing env files", |seen| seen.settings.missing_env_files = unknown()),
        ("overrides", |seen| seen.settings.overrides = unknown()),
        ("lines", |seen| seen.settings.hazards = unknown()),
        ("old values", |seen| seen.settings.old_values = unknown()),
        ("code servers", |seen| seen.settings.code_servers = unknown()),
        ("application", |seen| seen.settings.application = unknown()),
        ("user wide", |seen| seen.settings.user_wide = unknown()),
        ("handed over", |seen| seen.settings.handed_over = unknown()),
        ("env file", |seen| seen.settings.env_file = unknown()),
        ("wanted", |seen| seen.settings.wanted = unknown()),
        ("given", |seen| seen.settings.given = unknown()),
        ("pending", |seen| seen.settings.pending = unknown()),
        ("in the way", |seen| seen.settings.in_the_way = unknown()),
        ("in the way, not all of it", |seen| {
            seen.settings.not_looked_at = vec!["`/a.service` was not looked at".to_owned()];
        }),
        ("histories", |seen| seen.settings.histories = unknown()),
        ("copies", |seen| seen.settings.yaml_backups = unknown()),
        ("backups", |seen| seen.settings.blind_backups = unknown()),
        ("lives", |seen| seen.containers.lives = unknown()),
        ("containers", |seen| seen.containers.containers = unknown()),
        ("packages", |seen| seen.containers.packages = unknown()),
        ("canary", |seen| seen.containers.canary = unknown()),
        ("clients", |seen| seen.lake.places = unknown()),
        ("a container's clients", |seen| {
            let Look::Saw(places) = &mut seen.lake.places else { panic!() };
            places[0].trials = unknown();
        }),
        ("dagster.yaml", |seen| seen.dagster_yaml.traps = unknown()),
        ("python", |seen| seen.python.traps = unknown()),
        ("the switch", |seen| seen.switch.standing = unknown()),
        ("python, not all of it", |seen| {
            seen.python.unread = Some(Fault::new(FaultKind::NotPlain, "`/code/a.py` is a socket"));
        }),
    ]
}

fn of_modal() -> Vec<(&'static str, Change)> {
    vec![
        ("Modal's client", |seen| seen.modal.client = unknown()),
        ("Modal's token file", |seen| seen.modal.config = unknown()),
        ("Modal's answer", |seen| seen.modal.answer = unknown()),
        ("Modal's secret", |seen| seen.modal.secret = unknown()),
        ("the age of Modal's secret", |seen| {
            seen.modal.secret = unknown();
            seen.modal.age = unknown();
        }),
    ]
}
