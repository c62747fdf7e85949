//! A key that takes another one's place, under any policy.

use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessVerdict, Caller, CephVersion, KeySuccession, LockOut,
    find_lock_out, merge_policies, simulate_access,
};

use super::random::{Dice, roll_call, roll_policy};
use super::{FOREIGN, OTHER_OWN, OWN, actor, ask, key, policy, scene};

const NEW: &str = "AKN11110000000000000";
const ROUNDS: u64 = 10_000;

fn make_succession() -> KeySuccession {
    KeySuccession {
        project: "p1111".parse().unwrap(),
        old: OWN.parse().unwrap(),
        new: NEW.parse().unwrap(),
    }
}

fn judge_call(
    policy: &AccessPolicy,
    who: &Caller,
    call: AccessCall,
    name: &str,
) -> Vec<AccessVerdict> {
    let own = "p1111".parse().unwrap();
    let request = ask(who, call).of_object(name, &own).with_value("s3:prefix", name);
    let verdict = |version| simulate_access(&scene(policy, version), &request).verdict;
    CephVersion::ALL.into_iter().map(verdict).collect()
}

#[test]
fn under_ten_thousand_policies_the_new_key_may_what_the_old_one_may_and_nobody_else_notices() {
    let keys = make_succession();
    let (old, new) = (key("p1111", OWN), key("p1111", NEW));
    let others = [key("p1111", OTHER_OWN), key("p2222", FOREIGN), Caller::Anonymous];
    let mut naming = 0;
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let before = roll_policy(&mut dice, "lane-access");
        naming += usize::from(keys.names_key(&keys.old, &before));

        let bound = keys.bind_new_key(&before);

        assert!(keys.binds_new_key(&bound));
        assert_eq!(keys.bind_new_key(&bound), bound);
        let call = roll_call(&mut dice);
        let name = dice.pick(&["raw/a", "out/b", "c"]);
        let judged = |policy, who| judge_call(policy, who, call, name);
        assert_eq!(judged(&bound, &new), judged(&before, &old), "{call:?} {name}: {before:?}");
        for who in others.iter().chain([&old]) {
            assert_eq!(judged(&bound, who), judged(&before, who), "{who:?}: {before:?}");
        }
        assert!(keys.forget_key(&keys.new, &bound).says_the_same(&before), "{before:?}");
        let forgotten = keys.forget_key(&keys.old, &bound);
        assert_eq!(judged(&forgotten, &new), judged(&bound, &new), "{bound:?}");
        for who in &others {
            assert_eq!(judged(&forgotten, who), judged(&bound, who), "{who:?}: {bound:?}");
        }
    }
    assert!(naming > 1_000, "{naming} of {ROUNDS} policies name the old key");
}

#[test]
fn a_revoked_key_may_nothing_any_more_until_that_is_taken_back() {
    let (keys, bucket) = (make_succession(), "lane-access".parse().unwrap());
    for before in [
        None,
        Some(policy(
            r#"{"Sid":"a","Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["B","B/*"]}"#,
        )),
        Some(policy(
            r#"{"Effect":"Deny","NotPrincipal":{"AWS":"Up1111:AKA11110000000000000"},"Action":"s3:*Object","Resource":["B","B/*"]}"#,
        )),
    ] {
        let bound = before.as_ref().map(|before| keys.bind_new_key(before));

        let revoked = keys.revoke_old_key(&bucket, bound.as_ref());

        assert!(keys.is_revoked(&bucket, &revoked) && keys.binds_new_key(&revoked));
        for call in [AccessCall::GetObject, AccessCall::PutObject, AccessCall::ListObjects] {
            let judged = |who| judge_call(&revoked, &key("p1111", who), call, "raw/a");
            assert_eq!(judged(OWN), [AccessVerdict::Refused; 3], "{call:?}");
            assert_eq!(judged(NEW), [AccessVerdict::Allowed; 3], "{call:?}");
        }
        assert_eq!(keys.revoke_old_key(&bucket, Some(&revoked)), revoked);
        let lifted = keys.lift_revocation(&revoked);
        assert!(!keys.is_revoked(&bucket, &lifted));
        match bound {
            Some(bound) => assert!(lifted.says_the_same(&bound)),
            None => assert!(lifted.statements.is_empty()),
        }
        assert!(!keys.names_key(&keys.old, &keys.forget_key(&keys.old, &revoked)));
        assert_eq!(
            find_lock_out(&revoked, &actor()),
            Some(LockOut::ThisKey),
            "only the old key is shut out"
        );
    }
}

#[test]
fn a_denial_that_spares_one_key_alone_never_loses_its_exception() {
    let keys = make_succession();
    let spared = policy(
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"Up1111:AKA11110000000000000"},"Action":"s3:*","Resource":"B/*"}"#,
    );

    assert!(keys.forget_key(&keys.old, &spared).says_the_same(&spared));
    assert!(!keys.binds_new_key(&spared));
    let granted = policy(
        r#"{"Effect":"Allow","Principal":{"AWS":"Up1111:AKA11110000000000000"},"NotPrincipal":{"AWS":"Up2222"},"Action":"s3:*","Resource":"B/*"}"#,
    );
    assert!(keys.forget_key(&keys.old, &granted).statements.is_empty());
}

#[test]
fn a_revocation_is_taken_back_only_by_the_change_of_its_own_key() {
    let (keys, bucket) = (make_succession(), "lane-access".parse().unwrap());
    let of_host_b = KeySuccession {
        old: "AKB11110000000000000".parse().unwrap(),
        new: "AKC11110000000000000".parse().unwrap(),
        ..make_succession()
    };
    let revoked = keys.revoke_old_key(&bucket, None);

    let both = of_host_b.revoke_old_key(&bucket, Some(&of_host_b.bind_new_key(&revoked)));

    assert!(keys.is_revoked(&bucket, &both) && of_host_b.is_revoked(&bucket, &both));
    assert!(of_host_b.lift_revocation(&both).says_the_same(&revoked));
    assert!(of_host_b.forget_key(&of_host_b.old, &both).says_the_same(&revoked));
    for stored in [&revoked, &both] {
        let applied = merge_policies(Some(stored), &AccessPolicy::empty());
        assert!(applied.policy.says_the_same(stored), "access apply: {:?}", applied.policy);
        assert_eq!(applied.replaced, 0);
    }
}

#[test]
fn a_revocation_is_known_wherever_others_have_put_their_statements() {
    let (keys, bucket) = (make_succession(), "lane-access".parse().unwrap());
    let theirs =
        policy(r#"{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"B/x"}"#);
    let mut appended = keys.revoke_old_key(&bucket, None);
    appended.statements.extend(theirs.statements.clone());

    assert!(keys.is_revoked(&bucket, &appended) && keys.has_revocation(&appended));
    assert_eq!(keys.revoke_old_key(&bucket, Some(&appended)), appended);
    assert!(keys.lift_revocation(&appended).says_the_same(&theirs));

    let mut weakened = appended;
    weakened.statements[0].actions = vec!["s3:GetObject".to_owned()];
    assert!(!keys.is_revoked(&bucket, &weakened) && keys.has_revocation(&weakened));
    let again = keys.revoke_old_key(&bucket, Some(&weakened));
    assert!(keys.is_revoked(&bucket, &again));
    assert!(keys.lift_revocation(&again).says_the_same(&theirs));
}
