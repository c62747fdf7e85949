//! What holds for any policy.

use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessRole, Caller, CephVersion, PolicyWatch, RightsPrefix,
    RolePreset, RoleRights, check_storable, compile_roles, find_denied_actor, find_lock_out,
    lint_policy, simulate_access, survey_policy,
};

use super::random::{Dice, roll_call, roll_policy};
use super::{FOREIGN, OTHER_OWN, OWN, actor, ask, ground, key, preset_role, scene};

const ROUNDS: u64 = 10_000;

#[test]
fn reader_linter_and_simulator_take_ten_thousand_random_policies() {
    let watch =
        PolicyWatch { actor: actor(), pickles: vec!["raw".parse().unwrap()], public_objects: None };
    let callers = [key("p1111", OWN), key("p2222", FOREIGN), Caller::Anonymous];
    let mut stored = 0;
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let policy = roll_policy(&mut dice, "lane-access");
        let text = policy.write();

        let read = AccessPolicy::read(&text).unwrap();
        assert_eq!(read, policy, "{text}");
        assert_eq!(read.write(), text);
        let _ = lint_policy(&read, &watch);
        if seed % 10 == 0 {
            let _ = find_lock_out(&read, &actor());
        }
        for version in CephVersion::ALL {
            stored += usize::from(check_storable(&read, version).is_ok());
            for caller in &callers {
                let request = ask(caller, roll_call(&mut dice)).of_key("raw/own");
                let _ = simulate_access(&scene(&read, version), &request);
            }
        }
        if seed % 50 == 0 {
            let _ = survey_policy(&scene(&read, CephVersion::Reef));
        }
        read_torn(&text, &mut dice);
    }
    assert!(stored > 10_000, "{stored} of {ROUNDS} policies on three versions could be stored");
}

/// A document that lost a piece, or has a piece of it twice, is read or refused.
fn read_torn(text: &str, dice: &mut Dice) {
    let characters: Vec<char> = text.chars().collect();
    let (from, length) = (dice.below(characters.len()), dice.below(40));
    let torn: String =
        characters.iter().take(from).chain(characters.iter().skip(from + length)).collect();
    let doubled: String =
        characters.iter().take(from + length).chain(characters.iter().skip(from)).collect();
    for text in [torn, doubled] {
        if let Ok(policy) = AccessPolicy::read(&text) {
            let again = AccessPolicy::read(&policy.write()).unwrap();
            assert_eq!(again.write(), policy.write());
        }
    }
}

#[test]
fn ten_thousand_policies_of_ours_never_deny_the_acting_key() {
    let mut made = 0;
    for seed in 0..ROUNDS {
        let mut dice = Dice::new(seed);
        let roles: Vec<AccessRole> =
            (0..=dice.below(3)).map(|number| roll_role(&mut dice, number)).collect();

        let Ok(compiled) = compile_roles(&ground(), &roles) else { continue };

        made += 1;
        assert_eq!(find_denied_actor(&compiled.policy, &actor()), None, "{roles:?}");
        assert_eq!(find_lock_out(&compiled.policy, &actor()), None, "{roles:?}");
        for version in CephVersion::ALL {
            assert_eq!(check_storable(&compiled.policy, version), Ok(()), "{roles:?}");
        }
        let own = "p1111".parse().unwrap();
        let call = roll_call(&mut dice);
        let request = ask(&key("p1111", OWN), call).of_object("assets/a", &own);
        let answer = simulate_access(&scene(&compiled.policy, CephVersion::Reef), &request);
        assert!(answer.to_string().starts_with("allowed"), "{call}: {answer}");
    }
    assert!(made > 7_000, "{made}");
}

fn roll_role(dice: &mut Dice, number: usize) -> AccessRole {
    let (project, id) = if dice.is_one_in(2) { ("p1111", OTHER_OWN) } else { ("p2222", FOREIGN) };
    let id = format!("{id}{number}");
    let preset = RolePreset::ALL[dice.below(RolePreset::ALL.len())];
    let mut role = preset_role(preset, project, &id);
    if dice.is_one_in(2) {
        role.rights = RoleRights {
            read: roll_prefixes(dice),
            put: roll_prefixes(dice),
            delete: roll_prefixes(dice),
            list: roll_prefixes(dice),
            settings: dice.is_one_in(2),
        };
    }
    role
}

fn roll_prefixes(dice: &mut Dice) -> Vec<RightsPrefix> {
    let all = ["assets", "raw/x", "*", "out", "a b", "ä/ö"];
    (0..dice.below(4)).map(|_| dice.pick(&all).parse().unwrap()).collect()
}

#[test]
fn every_call_is_found_by_its_name_and_its_action() {
    for call in AccessCall::ALL {
        assert_eq!(call.name().parse::<AccessCall>().unwrap(), *call);
        assert_eq!(call.action().parse::<AccessCall>().unwrap().action(), call.action());
    }
    assert!("s3:Nonsense".parse::<AccessCall>().is_err());
}
