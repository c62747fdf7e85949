//! Bucket policies: what gateways make of them, what is wrong with them, and those of ours.
#![cfg(test)]

mod agreement;
mod gateways;
mod lints;
#[path = "../../examples/access_lane/random.rs"]
mod random;
mod randomly;
mod succession;
mod surveys;

use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessRequest, AccessRole, AccessScene, AccessVerdict, Caller,
    CephVersion, PolicyActor, PolicyGround, RolePreset, simulate_access,
};

const OWN: &str = "AKA11110000000000000";
const OTHER_OWN: &str = "AKB11110000000000000";
const FOREIGN: &str = "AKA22220000000000000";

fn key(project: &str, key: &str) -> Caller {
    Caller::Key { project: project.parse().unwrap(), key: key.parse().unwrap() }
}

fn scene(policy: &AccessPolicy, version: CephVersion) -> AccessScene<'_> {
    AccessScene {
        bucket: "lane-access".parse().unwrap(),
        owner: "p1111".parse().unwrap(),
        policy: Some(policy),
        version,
        binds_owner: false,
    }
}

fn actor() -> PolicyActor {
    PolicyActor {
        bucket: "lane-access".parse().unwrap(),
        owner: "p1111".parse().unwrap(),
        key: OWN.parse().unwrap(),
    }
}

fn ground() -> PolicyGround {
    PolicyGround {
        bucket: "lane-access".parse().unwrap(),
        owner: "p1111".parse().unwrap(),
        actor: OWN.parse().unwrap(),
    }
}

fn preset_role(preset: RolePreset, project: &str, key: &str) -> AccessRole {
    AccessRole {
        name: preset.name().parse().unwrap(),
        project: project.parse().unwrap(),
        key: key.parse().unwrap(),
        rights: preset.rights(&"assets".parse().unwrap()),
    }
}

/// A policy of these statements; `B` stands for the bucket, `U` for what principals begin with.
fn policy(statements: &str) -> AccessPolicy {
    let text = statements
        .replace("\"B\"", "\"arn:aws:s3:::lane-access\"")
        .replace("\"B/", "\"arn:aws:s3:::lane-access/")
        .replace("\"U", "\"arn:aws:iam:::user/");
    AccessPolicy::read(&format!(r#"{{"Statement": [{text}]}}"#)).unwrap()
}

/// Whether each version allows a request, as `AAR` for 16, 18 and 20.
fn verdicts(policy: &AccessPolicy, request: &AccessRequest) -> String {
    let letter = |version| match simulate_access(&scene(policy, version), request).verdict {
        AccessVerdict::Allowed => 'A',
        AccessVerdict::Refused => 'R',
        AccessVerdict::Undecided => '?',
    };
    CephVersion::ALL.into_iter().map(letter).collect()
}

fn ask(who: &Caller, call: AccessCall) -> AccessRequest {
    AccessRequest::new(who.clone(), call)
}
