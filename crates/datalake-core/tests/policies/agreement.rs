//! Policies of ours: the three versions read them alike, and they grant what the role says.

use datalake_core::policy::{
    AccessCall as Call, AccessPolicy, AccessRequest, AccessRole, AccessRoute, AccessScene,
    AccessVerdict, Caller, CephVersion, PolicyLintId, PolicyWatch, RolePreset, RoleRights,
    UncompiledRoles, check_storable, compile_roles, find_denied_actor, find_lock_out, lint_policy,
    merge_policies, simulate_access,
};

use super::{FOREIGN, OTHER_OWN, OWN, actor, ask, ground, key, preset_role};

const PREFIXES: [&str; 5] = ["assets/", "backups/", "compute-logs/", "raw/", "assets-of-others/"];

/// Every request that is put to a policy, but copies of a part: 16 reads those in a way of its own.
fn list_requests(caller: &Caller) -> Vec<AccessRequest> {
    let own = "p1111".parse().unwrap();
    let mut requests = Vec::new();
    for call in Call::ALL.iter().filter(|call| **call != Call::UploadPartCopy) {
        for prefix in PREFIXES {
            let request = ask(caller, *call);
            requests.push(match call {
                Call::ListObjects | Call::ListObjectVersions => {
                    request.with_value("s3:prefix", prefix)
                }
                Call::CopyObject => request
                    .of_key(&format!("{prefix}copy"))
                    .from_source(&format!("{prefix}a"), &own),
                _ => request.of_object(&format!("{prefix}a"), &own),
            });
        }
        requests.push(ask(caller, *call).of_object("top", &own));
    }
    requests
}

fn verdict(
    policy: &AccessPolicy,
    how: (CephVersion, bool),
    request: &AccessRequest,
) -> AccessVerdict {
    let (version, binds_owner) = how;
    simulate_access(&AccessScene { binds_owner, ..super::scene(policy, version) }, request).verdict
}

#[test]
fn every_policy_of_ours_has_one_truth_table_on_16_18_and_20() {
    let mut compared = 0;
    for preset in RolePreset::ALL {
        for (project, id) in [("p2222", FOREIGN), ("p1111", OTHER_OWN)] {
            let compiled = compile_roles(&ground(), &[preset_role(preset, project, id)]).unwrap();
            for version in CephVersion::ALL {
                assert_eq!(check_storable(&compiled.policy, version), Ok(()), "{}", preset.name());
            }
            let callers =
                [key(project, id), key("p1111", OWN), key("p3333", "AKX"), Caller::Anonymous];
            for request in callers.iter().flat_map(list_requests) {
                let found = CephVersion::ALL.map(|version| {
                    verdict(&compiled.policy, (version, compiled.binds_owner), &request)
                });
                assert!(
                    found.iter().all(|one| *one == found[0]),
                    "{}: {found:?} {request:?}",
                    preset.name()
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 6_000, "{compared}");
}

#[test]
fn a_preset_may_do_what_its_work_needs_and_no_more() {
    use RolePreset::{BackupWriter, Dagster, Migrator, ModalWorker, Observer};

    let may = |preset, request: AccessRequest| {
        let role = preset_role(preset, "p2222", FOREIGN);
        let compiled = compile_roles(&ground(), &[role]).unwrap();
        verdict(&compiled.policy, (CephVersion::Reef, false), &request) == AccessVerdict::Allowed
    };
    let who = key("p2222", FOREIGN);
    let own = "p1111".parse().unwrap();
    let of = |call, name: &str| ask(&who, call).of_object(name, &own);
    let list = |prefix: &str| ask(&who, Call::ListObjects).with_value("s3:prefix", prefix);
    for (preset, request, expected) in [
        (Dagster, of(Call::GetObject, "assets/a"), true),
        (Dagster, of(Call::PutObject, "assets/a"), true),
        (Dagster, list("assets"), true),
        (Dagster, list("assets/x/"), true),
        (Dagster, of(Call::GetObject, "compute-logs/a"), true),
        (Dagster, of(Call::PutObject, "compute-logs/a"), true),
        (Dagster, list("compute-logs/storage/"), true),
        (Dagster, of(Call::DeleteObject, "compute-logs/a"), false),
        (ModalWorker, of(Call::PutObject, "assets/a"), true),
        (ModalWorker, of(Call::PutObject, "compute-logs/a"), false),
        (Dagster, list("assets-of-others/"), false),
        (Dagster, ask(&who, Call::ListObjects), false),
        (Dagster, of(Call::DeleteObject, "assets/a"), false),
        (Dagster, of(Call::GetObject, "assets-of-others/a"), false),
        (Dagster, of(Call::PutObjectAcl, "assets/a"), false),
        (Dagster, ask(&who, Call::GetBucketPolicy), false),
        (BackupWriter, of(Call::PutObject, "backups/a"), true),
        (BackupWriter, of(Call::DeleteObject, "backups/a"), false),
        (BackupWriter, of(Call::GetObject, "assets/a"), false),
        (Observer, ask(&who, Call::ListObjects), true),
        (Observer, ask(&who, Call::ListMultipartUploads), true),
        (Observer, of(Call::GetObject, "assets/a"), false),
        (Migrator, of(Call::PutObject, "assets/a"), true),
        (Migrator, ask(&who, Call::ListObjectVersions), true),
        (Migrator, of(Call::DeleteObject, "assets/a"), false),
    ] {
        assert_eq!(may(preset, request.clone()), expected, "{preset:?} {request:?}");
    }
}

#[test]
fn the_bucket_reads_what_a_foreign_key_wrote() {
    let role = preset_role(RolePreset::ModalWorker, "p2222", FOREIGN);
    let compiled = compile_roles(&ground(), &[role]).unwrap();
    let request = ask(&key("p1111", OTHER_OWN), Call::GetObject)
        .of_object("assets/a", &"p2222".parse().unwrap());

    for version in CephVersion::ALL {
        assert_eq!(verdict(&compiled.policy, (version, false), &request), AccessVerdict::Allowed);
    }
}

#[test]
fn a_key_of_the_own_project_is_denied_the_rest_and_says_so() {
    let role = preset_role(RolePreset::Dagster, "p1111", OTHER_OWN);
    let compiled = compile_roles(&ground(), &[role]).unwrap();

    assert_eq!(compiled.routes[0].1, AccessRoute::Denied);
    assert!(compiled.binds_owner);
    assert_eq!(find_denied_actor(&compiled.policy, &actor()), None);
    assert_eq!(find_lock_out(&compiled.policy, &actor()), None);
    let remove = ask(&key("p1111", OTHER_OWN), Call::DeleteBucketPolicy);
    assert_eq!(
        verdict(&compiled.policy, (CephVersion::Tentacle, true), &remove),
        AccessVerdict::Refused
    );
}

#[test]
fn roles_that_cannot_be_held_are_refused() {
    let role = |id: &str, list: &[&str]| AccessRole {
        rights: RoleRights {
            list: list.iter().map(|prefix| prefix.parse().unwrap()).collect(),
            ..RoleRights::default()
        },
        ..preset_role(RolePreset::Observer, "p1111", id)
    };
    let compile = |roles: &[AccessRole]| compile_roles(&ground(), roles).unwrap_err();

    assert!(matches!(compile(&[role(OWN, &[])]), UncompiledRoles::Actor(_)));
    assert!(matches!(compile(&[role("A", &[]), role("A", &[])]), UncompiledRoles::SameKey(..)));
    assert!(matches!(compile(&[role("A", &["a", "b", "c"])]), UncompiledRoles::Listings(_)));
    assert!(matches!(compile(&[role("A:B", &[])]), UncompiledRoles::Key(_)));
}

#[test]
fn our_own_policies_have_nothing_wrong_but_what_no_policy_can_stop() {
    let watch = PolicyWatch {
        actor: actor(),
        pickles: vec!["assets".parse().unwrap()],
        public_objects: Some(0),
    };
    for preset in RolePreset::ALL {
        for (project, id) in [("p2222", FOREIGN), ("p1111", OTHER_OWN)] {
            let compiled = compile_roles(&ground(), &[preset_role(preset, project, id)]).unwrap();
            let lints = lint_policy(&compiled.policy, &watch);
            let rest: Vec<_> = lints
                .iter()
                .filter(|lint| {
                    !matches!(lint.id, PolicyLintId::PublicWays | PolicyLintId::OwnersPolicy)
                })
                .collect();
            assert!(rest.is_empty(), "{} of {project}: {rest:?}", preset.name());
        }
    }
}

#[test]
fn statements_of_others_stay_and_ours_are_replaced() {
    let first =
        compile_roles(&ground(), &[preset_role(RolePreset::Dagster, "p2222", FOREIGN)]).unwrap();
    let second =
        compile_roles(&ground(), &[preset_role(RolePreset::Observer, "p2222", FOREIGN)]).unwrap();
    let theirs = super::policy(
        r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"B/x"}"#,
    );

    let once = merge_policies(Some(&theirs), &first.policy);
    let twice = merge_policies(Some(&once.policy), &second.policy);

    assert_eq!(once.policy.statements.len(), 1 + first.policy.statements.len());
    assert_eq!((twice.kept, twice.replaced), (1, first.policy.statements.len()));
    assert_eq!(twice.policy.statements[0], theirs.statements[0]);
    assert!(
        merge_policies(Some(&twice.policy), &second.policy).policy.says_the_same(&twice.policy)
    );
}
