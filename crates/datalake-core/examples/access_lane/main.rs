//! What the simulator answers, for the lane `access`, which puts the same questions to real gateways.
//!
//! `access_lane random SEED COUNT` prints random policies, `access_lane presets` those of all presets;
//! `access_lane answer` reads a JSON question a line and prints the answer.

mod random;

use std::io::{BufRead, Write};

use datalake_core::policy::{
    AccessCall, AccessPolicy, AccessRequest, AccessRole, AccessScene, Caller, CephVersion,
    ObjectAccess, PolicyGround, RightsPrefix, RolePreset, StoredObject, check_storable,
    compile_roles, simulate_access,
};
use serde::Deserialize;
use serde_json::{Value, json};

use random::{Dice, roll_call, roll_policy};

type Failed = Box<dyn std::error::Error>;

/// The bucket of all policies.
const BUCKET: &str = "lane-access";

#[derive(Deserialize)]
struct AskedPolicy {
    version: String,
    policy: Option<String>,
    binds_owner: bool,
    requests: Vec<AskedRequest>,
}

#[derive(Deserialize)]
struct AskedRequest {
    who: Option<[String; 2]>,
    call: String,
    key: Option<String>,
    object: Option<AskedObject>,
    source: Option<[String; 2]>,
    #[serde(default)]
    values: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct AskedObject {
    owner: String,
    access: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program of a lane is told by arguments what to do"
)]
fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["random", seed, count] => print_lines(&roll_all(seed.parse()?, count.parse()?)),
        ["presets"] => print_lines(&compile_presets()?),
        ["calls"] => {
            let calls = AccessCall::ALL.iter().map(|call| json!({ "call": call.name() }));
            print_lines(&calls.collect::<Vec<_>>())
        }
        ["answer"] => {
            for line in std::io::stdin().lock().lines() {
                let answer = answer_line(&line?)?;
                print_lines(&[answer])?;
            }
            Ok(())
        }
        _ => Err("usage: access_lane random SEED COUNT | presets | calls | answer".into()),
    }
}

fn print_lines(lines: &[Value]) -> Result<(), Failed> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn roll_all(seed: u64, count: u64) -> Vec<Value> {
    let roll_one = |number| {
        let mut dice = Dice::new(seed.wrapping_add(number));
        let policy = roll_policy(&mut dice, BUCKET);
        let calls: Vec<&str> = (0..16).map(|_| roll_call(&mut dice).name()).collect();
        json!({ "policy": policy.write_compact(), "calls": calls })
    };
    (0..count).map(roll_one).collect()
}

/// Each preset for a key of another project, and for one of the bucket's own.
fn compile_presets() -> Result<Vec<Value>, Failed> {
    let ground = PolicyGround {
        bucket: BUCKET.parse()?,
        owner: "p1111".parse()?,
        actor: "AKA11110000000000000".parse()?,
    };
    let assets: RightsPrefix = "assets/".parse()?;
    let mut documents = Vec::new();
    for preset in RolePreset::ALL {
        for (project, key) in [("p2222", "AKA22220000000000000"), ("p1111", "AKB11110000000000000")]
        {
            let role = AccessRole {
                name: preset.name().parse()?,
                project: project.parse()?,
                key: key.parse()?,
                rights: preset.rights(&assets),
            };
            let compiled = compile_roles(&ground, &[role])?;
            documents.push(json!({
                "preset": preset.name(), "who": [project, key],
                "policy": compiled.policy.write_compact(), "binds_owner": compiled.binds_owner,
            }));
        }
    }
    Ok(documents)
}

fn answer_line(line: &str) -> Result<Value, Failed> {
    let asked: AskedPolicy = serde_json::from_str(line)?;
    let version: CephVersion = asked.version.parse()?;
    let policy = asked.policy.as_deref().map(AccessPolicy::read).transpose()?;
    let refusal = policy.as_ref().and_then(|policy| check_storable(policy, version).err());
    let scene = AccessScene {
        bucket: BUCKET.parse()?,
        owner: "p1111".parse()?,
        policy: policy.as_ref(),
        version,
        binds_owner: asked.binds_owner,
    };
    let mut answers = Vec::new();
    for request in asked.requests {
        answers.push(simulate_access(&scene, &read_request(request)?).to_string());
    }
    Ok(json!({ "refusal": refusal.map(|refusal| refusal.to_string()), "answers": answers }))
}

fn read_request(asked: AskedRequest) -> Result<AccessRequest, Failed> {
    let caller = match asked.who {
        None => Caller::Anonymous,
        Some([project, key]) => Caller::Key { project: project.parse()?, key: key.parse()? },
    };
    let mut request = AccessRequest::new(caller, asked.call.parse()?);
    request.key = asked.key;
    request.object = match asked.object {
        None => None,
        Some(object) => Some(StoredObject {
            owner: object.owner.parse()?,
            access: match object.access.as_str() {
                "public-read" => ObjectAccess::PublicRead,
                "bucket-owner-full-control" => ObjectAccess::BucketOwner,
                _ => ObjectAccess::Private,
            },
        }),
    };
    if let Some([key, owner]) = asked.source {
        request = request.from_source(&key, &owner.parse()?);
    }
    request.values = asked.values;
    Ok(request)
}
