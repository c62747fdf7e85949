//! Forms that mean something else than they seem to.

use super::{Lints, Numbered, PolicyLintId};
use crate::policy::document::AccessPolicy;
use crate::policy::principal::PrincipalForm;
use crate::policy::storable::check_storable;
use crate::policy::version::CephVersion;

pub(super) fn lint_forms(policy: &AccessPolicy, lints: &mut Lints) {
    let refusals = CephVersion::ALL.map(|version| check_storable(policy, version).err());
    let versions: Vec<String> = CephVersion::ALL
        .iter()
        .zip(&refusals)
        .filter(|(_, refusal)| refusal.is_some())
        .map(|(version, _)| version.to_string())
        .collect();
    if let Some(refusal) = refusals.into_iter().flatten().next() {
        let versions = versions.join(", ");
        let sentence = format!("Ceph {versions} refuses to store this policy: {refusal}");
        lints.push(PolicyLintId::NotStorable, None, sentence);
    }
}

pub(super) fn lint_statement(numbered: &Numbered<'_>, lints: &mut Lints) {
    let Numbered { number, statement } = numbered;
    if !statement.not_actions.is_empty() {
        let sentence = "the gateway stores NotAction and enforces nothing".to_owned();
        lints.push(PolicyLintId::NotAction, Some(*number), sentence);
    }
    for text in statement.principals.iter().chain(&statement.not_principals) {
        match PrincipalForm::read(text) {
            PrincipalForm::Nobody | PrincipalForm::Refused => {
                let sentence = format!("the principal `{text}` matches no one");
                lints.push(PolicyLintId::PrincipalNobody, Some(*number), sentence);
            }
            PrincipalForm::Everyone if text != "*" => {
                let sentence =
                    format!("the principal `{text}` matches everyone, without a key too");
                lints.push(PolicyLintId::PrincipalEveryone, Some(*number), sentence);
            }
            PrincipalForm::Project(project) if !is_project(project) => {
                let sentence =
                    format!("the principal `{text}` names no project, so it matches no one");
                lints.push(PolicyLintId::PrincipalNobody, Some(*number), sentence);
            }
            _ => (),
        }
    }
}

/// `p` and digits; `user/KEY` is the usual mistake.
fn is_project(name: &str) -> bool {
    name.strip_prefix('p')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}
