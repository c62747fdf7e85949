//! Who may do what, in one look.

use datalake_core::policy::{
    AccessCall as Call, CephVersion, RolePreset, compile_roles, survey_policy,
};

use super::{FOREIGN, ground, preset_role, scene};

#[test]
fn keys_come_with_what_they_may_do_below_each_prefix() {
    let role = preset_role(RolePreset::Dagster, "p2222", FOREIGN);
    let compiled = compile_roles(&ground(), &[role]).unwrap();

    let survey = survey_policy(&scene(&compiled.policy, CephVersion::Reef));

    let [named, unnamed, anonymous] = survey.keys.as_slice() else { panic!("{survey:?}") };
    assert_eq!(named.key.as_deref(), Some(FOREIGN));
    let below = |key: &datalake_core::policy::KeyAccess, prefix: &str| {
        key.prefixes.iter().find(|one| one.prefix == prefix).unwrap().calls.clone()
    };
    assert_eq!(below(named, "assets/"), [Call::GetObject, Call::PutObject, Call::ListObjects]);
    assert_eq!(below(named, ""), []);
    assert_eq!(unnamed.key, None);
    assert!(
        below(unnamed, "").contains(&Call::DeleteObject),
        "an unnamed key of the project is unbound"
    );
    assert!(anonymous.project.is_none() && below(anonymous, "assets/").is_empty());
}
