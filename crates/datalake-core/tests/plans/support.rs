//! Small worlds for the tests here.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::host::{
    Entry, FileState, Folder, HostPath, Mode, Owner, ServiceState, ServiceStates,
};
use datalake_core::modal::{ModalObject, VaultState};
use datalake_core::plan::{
    Action, BucketState, Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret,
    DesiredServices, DesiredTables, DesiredVault, Found, Guard, Observed, Plan, Service, Step,
    Undo, Unwanted, Way, imagine,
};
use datalake_core::receipt::{Outcome, Receipt, RunKind, StepReceipt};
use datalake_core::s3::{
    BucketName, Lifecycle, LifecycleRule, TableSearch, VersionTraces, Versioning,
};
use datalake_core::secret::{
    Credentials, FileBody, FingerprintKey, Piece, PodmanSecret, SecretName,
};
use datalake_core::time::{Days, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub(crate) const SECRET: &str = "sEcReTsEcReTsEcReTsEcReTsEcReTsEcReT1234";
pub(crate) const FOLDERS: [&str; 3] = ["/srv", "/srv/a", "/srv/a/b"];
pub(crate) const UNITS: [&str; 2] = ["dagster-daemon", "dagster-webserver"];
pub(crate) const FILES: [&str; 3] = ["/srv/z", "/srv/a/x", "/srv/a/b/y"];
pub(crate) const SECRETS: [&str; 2] = ["datalake-id", "datalake-key"];
const OWNER: Owner = Owner { uid: 1000, gid: 1000 };

pub(crate) fn path(text: &str) -> HostPath {
    text.parse().unwrap()
}

pub(crate) fn secret(name: &str) -> PodmanSecret {
    name.parse().unwrap()
}

pub(crate) fn vault() -> ModalObject {
    ModalObject { name: "hetzner-s3".parse().unwrap(), environment: None }
}

pub(crate) fn bucket() -> BucketName {
    "acme-dagster-assets".parse().unwrap()
}

pub(crate) fn tables_bucket() -> BucketName {
    "acme-dagster-assets-tables".parse().unwrap()
}

pub(crate) fn keys() -> Credentials {
    Credentials::pair("AKIDAKIDAKID".parse().unwrap(), SECRET.parse().unwrap())
}

pub(crate) fn file(content: u8) -> FileState {
    let content = FingerprintKey::new([7; 32]).of(&[content]);
    FileState { content, mode: Mode::PRIVATE, owner: OWNER }
}

pub(crate) fn days(count: u32) -> Days {
    Days::new(count).unwrap()
}

/// The step that replaces content `from` of `/srv/z` by content `to`; 0 stands for no file.
pub(crate) fn rewrite(from: u8, to: u8) -> Step {
    let place = path("/srv/z");
    let (guard, back) = match from {
        0 => (Guard::PathAbsent(place.clone()), Action::RemoveFile(place.clone())),
        _ => (
            Guard::FileIs(place.clone(), file(from)),
            Action::RestoreFile { path: place.clone(), file: file(from) },
        ),
    };
    Step {
        guard,
        action: Action::WriteFile {
            path: place.clone(),
            body: FileBody::new([Piece::text(to.to_string())]),
            file: file(to),
        },
        undo: Undo { guard: Guard::FileIs(place, file(to)), way: Way::Back(back) },
        why: "a test".to_owned(),
    }
}

/// A world that holds content `content` at `/srv/z`, or nothing for 0, and nothing else.
pub(crate) fn world_with(content: u8) -> Observed {
    let mut world = Observed::nothing();
    let found = if content == 0 { Found::Absent } else { present(Entry::File(file(content))) };
    world.paths.insert(path("/srv/z"), found);
    world
}

pub(crate) fn receipt(run: &str, steps: impl IntoIterator<Item = (Step, Outcome)>) -> Receipt {
    let started = run.trim_start_matches("R-").parse().unwrap();
    Receipt {
        schema_version: Receipt::SCHEMA_VERSION,
        run: run.parse().unwrap(),
        kind: RunKind::Provision,
        user: None,
        started: Timestamp::from_unix(started).unwrap(),
        ended: Timestamp::from_unix(started + 1).unwrap(),
        continues: Vec::new(),
        steps: steps.into_iter().map(|(step, outcome)| StepReceipt { step, outcome }).collect(),
        pending: Vec::new(),
    }
}

/// The world as it would be after all of `plan`.
pub(crate) fn imagined(plan: &Plan, world: &Observed) -> Observed {
    plan.steps.iter().fold(world.clone(), |world, step| imagine(&step.action, world))
}

/// The receipt of a run that carried out all of `plan`.
pub(crate) fn complete(plan: &Plan) -> Receipt {
    receipt("R-1", plan.steps.iter().map(|step| (step.clone(), Outcome::Done)))
}

pub(crate) fn any_desired() -> impl Strategy<Value = Desired> {
    let files = subsequence(FILES.to_vec(), 0..=FILES.len())
        .prop_flat_map(|paths| paths.into_iter().map(any_desired_file).collect::<Vec<_>>());
    let secrets = subsequence(SECRETS.to_vec(), 0..=SECRETS.len())
        .prop_flat_map(|names| names.into_iter().map(any_desired_secret).collect::<Vec<_>>());
    let services = proptest::option::of(any_wish());
    let unwanted = (subsequence(FILES.to_vec(), 0..=FILES.len()), any::<bool>());
    let vault = proptest::option::of(any_vault());
    let buckets = (any::<bool>(), any_protection(), proptest::option::of(any_protection()));
    (buckets, files, secrets, unwanted, services, vault).prop_map(
        |((versioning, lifecycle, tables), files, secrets, (absent, others), services, vault)| {
            Desired {
                bucket: DesiredBucket { name: bucket(), versioning, lifecycle },
                tables: tables.map(tables_with),
                probe: "assets/.probe".parse().unwrap(),
                folders: FOLDERS.map(desired_folder).to_vec(),
                absent: absent
                    .into_iter()
                    .map(path)
                    .filter(|path| files.iter().all(|file| file.path != *path))
                    .map(unwanted_thing)
                    .collect(),
                absent_secrets: SECRETS
                    .map(secret)
                    .into_iter()
                    .filter(|name| others && secrets.iter().all(|secret| secret.name != *name))
                    .map(unwanted_thing)
                    .collect(),
                secrets,
                files,
                services,
                log_manager: None,
                vault,
            }
        },
    )
}

/// A bucket for tables with these rules.
pub(crate) fn tables_with(lifecycle: Lifecycle) -> DesiredTables {
    DesiredTables::Bucket(DesiredBucket { name: tables_bucket(), versioning: false, lifecycle })
}

/// Of what was stored earlier, a copy of content 1 is kept, and none of the others.
fn any_vault() -> impl Strategy<Value = DesiredVault> {
    (1_u8..3, any::<bool>()).prop_map(|(content, has_apps)| DesiredVault {
        secret: vault(),
        body: FileBody::new([Piece::Secret(SecretName::SecretAccessKey)]),
        print: file(content).content,
        earlier: BTreeMap::from([(file(1).content, Some(file(9).content))]),
        apps: if has_apps { vec![vault()] } else { vec![] },
        owed: BTreeSet::new(),
    })
}

fn any_vault_state() -> impl Strategy<Value = Found<VaultState>> {
    let holds = |content| present(VaultState::Holds(file(content).content));
    prop_oneof![
        Just(Found::Absent),
        Just(present(VaultState::Other)),
        Just(present(VaultState::Apart)),
        (1_u8..3).prop_map(holds)
    ]
}

fn unwanted_thing<T>(what: T) -> Unwanted<T> {
    Unwanted { what, why: "a test".to_owned() }
}

fn any_desired_secret(name: &'static str) -> impl Strategy<Value = DesiredSecret> {
    let piece = select(vec![SecretName::AccessKeyId, SecretName::SecretAccessKey]);
    (piece, 1_u8..4).prop_map(|(piece, value)| DesiredSecret {
        name: secret(name),
        body: FileBody::new([Piece::Secret(piece)]),
        print: file(value).content,
        why: "a test".to_owned(),
    })
}

fn any_wish() -> impl Strategy<Value = DesiredServices> {
    let proved = subsequence(UNITS.to_vec(), 0..=UNITS.len());
    (1_u8..3, proved).prop_map(|(settings, proved)| {
        let wish = |unit: &str| (unit.parse().unwrap(), with_settings(settings));
        DesiredServices {
            states: UNITS.map(wish).into_iter().collect(),
            proved: proved.into_iter().map(|unit| unit.parse().unwrap()).collect(),
            is_owed: false,
        }
    })
}

/// A service that runs with one of a few settings.
pub(crate) fn with_settings(settings: u8) -> ServiceState {
    ServiceState::UpWith(file(settings).content)
}

/// Both services in these states.
pub(crate) fn services(states: [ServiceState; 2]) -> ServiceStates {
    UNITS.map(|unit| unit.parse().unwrap()).into_iter().zip(states).collect()
}

fn any_services() -> impl Strategy<Value = ServiceStates> {
    let state = || {
        prop_oneof![
            Just(ServiceState::Down),
            Just(ServiceState::Up),
            (1_u8..3).prop_map(with_settings)
        ]
    };
    [state(), state()].prop_map(services)
}

fn desired_folder(text: &str) -> DesiredFolder {
    DesiredFolder { path: path(text), mode: Mode::PRIVATE_FOLDER, owner: OWNER }
}

fn any_desired_file(text: &'static str) -> impl Strategy<Value = DesiredFile> {
    let piece = prop_oneof![
        "[a-z=\n]{0,8}".prop_map(Piece::Text),
        Just(Piece::Secret(SecretName::AccessKeyId)),
        Just(Piece::Secret(SecretName::SecretAccessKey)),
        (0_usize..9, 0_usize..9).prop_map(|(start, length)| Piece::Kept(start..start + length)),
    ];
    (any_file(), vec(piece, 0..5)).prop_map(|(file, pieces)| DesiredFile {
        path: path(text),
        body: FileBody::new(pieces),
        file,
        why: "a test".to_owned(),
    })
}

fn any_file() -> impl Strategy<Value = FileState> {
    let mode = select(vec![Mode::PRIVATE, Mode::PUBLIC]);
    (1_u8..4, mode, 0_u32..2).prop_map(|(content, mode, uid)| FileState {
        mode,
        owner: Owner { uid, gid: uid },
        ..file(content)
    })
}

fn any_protection() -> impl Strategy<Value = Lifecycle> {
    let days = || proptest::option::of((1_u32..40).prop_map(days));
    (days(), days()).prop_map(|(keep, abort)| Lifecycle::protection(keep, abort))
}

/// Everything that `any_desired` could ask for, in a state that a real host could be in.
pub(crate) fn any_observed() -> impl Strategy<Value = Observed> {
    let entries = vec((0_u8..3, any_file(), any::<bool>()), FOLDERS.len() + FILES.len());
    let secrets = vec(proptest::option::of(1_u8..4), SECRETS.len());
    let buckets = (any_bucket(), any_tables_bucket());
    (buckets, entries, any_services(), secrets, any_vault_state()).prop_map(
        |((found, tables), entries, services, secrets, in_vault)| {
            let mut world = Observed::nothing();
            world.vault.insert(vault(), in_vault);
            for (name, value) in SECRETS.iter().zip(secrets) {
                let found = value.map_or(Found::Absent, |value| present(file(value).content));
                world.secrets.insert(secret(name), found);
            }
            world.services = present(services);
            world.service = present(Service { clock_ahead: 0, owner: None });
            world.buckets.insert(bucket(), found);
            world.buckets.insert(tables_bucket(), tables);
            world.version_traces.insert(tables_bucket(), present(VersionTraces::default()));
            for (text, (chance, file, foreign)) in FOLDERS.iter().chain(&FILES).zip(entries) {
                let parent = world.path(&path(text).parent().unwrap());
                let is_there = chance > 0 && (*text == "/srv" || parent.present().is_some());
                let entry = if FOLDERS.contains(text) {
                    let names = foreign.then(|| "foreign".to_owned()).into_iter().collect();
                    Entry::Folder(Folder { mode: Mode::PUBLIC_FOLDER, owner: OWNER, names })
                } else {
                    Entry::File(file)
                };
                place(&mut world, text, is_there.then_some(entry));
            }
            world
        },
    )
}

fn place(world: &mut Observed, text: &str, entry: Option<Entry>) {
    let place = path(text);
    if let (Some(Found::Present(Entry::Folder(parent))), true) =
        (world.paths.get_mut(&place.parent().unwrap()), entry.is_some())
    {
        parent.names.insert(place.file_name().to_owned());
    }
    world.paths.insert(place, entry.map_or(Found::Absent, Found::Present));
}

fn any_bucket() -> impl Strategy<Value = Found<BucketState>> {
    let versioning = select(vec![Versioning::Never, Versioning::Enabled, Versioning::Suspended]);
    let state = (versioning, any_protection(), any_foreign_rules());
    let state = state.prop_map(|(versioning, own, foreign)| {
        present(BucketState {
            versioning: present(versioning),
            lifecycle: present(foreign.with_own(&own)),
            tables: present(TableSearch::of_nothing()),
        })
    });
    prop_oneof![1 => Just(Found::Absent), 3 => state]
}

/// A bucket that may hold tables.
fn any_tables_bucket() -> impl Strategy<Value = Found<BucketState>> {
    any_bucket().prop_map(|found| {
        found.map(|mut state| {
            if state.versioning == present(Versioning::Enabled) {
                state.versioning = present(Versioning::Never);
            }
            // Where tables live, nothing that others have set may expire.
            state.lifecycle = state.lifecycle.map(|rules| {
                let idle = |rule: &LifecycleRule| LifecycleRule {
                    enabled: rule.enabled && rule.expire.is_none(),
                    ..rule.clone()
                };
                Lifecycle::new(rules.iter().map(|(id, rule)| (id.to_owned(), idle(rule))))
            });
            state
        })
    })
}

fn any_foreign_rules() -> impl Strategy<Value = Lifecycle> {
    let rule = ("[a-z]{1,6}", "[a-z/]{0,6}", 1_u32..99, any::<bool>());
    vec(rule, 0..3).prop_map(|rules| {
        Lifecycle::new(rules.into_iter().map(|(id, prefix, count, enabled)| {
            let expire = Some(days(count));
            (id, LifecycleRule { enabled, prefix, expire, ..LifecycleRule::default() })
        }))
    })
}

pub(crate) fn present<T>(value: T) -> Found<T> {
    Found::Present(value)
}

/// A folder with nothing in it.
pub(crate) fn empty_folder() -> Entry {
    Entry::Folder(Folder { mode: Mode::PUBLIC_FOLDER, owner: OWNER, names: BTreeSet::new() })
}
