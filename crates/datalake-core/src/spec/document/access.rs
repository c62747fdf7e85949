//! What keys may do, as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::read::{names, names_shape};
use super::{InvalidSpec, parse_key_value, refuse_missing};
use crate::policy::{RightsPrefix, RoleGrant, RolePreset, RoleRights, SpecRole};

const ACCESS: &str = "access";

/// A role below `access:`, under its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AccessRoleDocument {
    /// `project:` — the project of the key, such as `p1234567`; needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// `key:` — the access key; needed. Its secret is never written down here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// `as:` — rights with a name, instead of the three lists.
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [
        "dagster", "modal-worker", "backup-writer", "observer", "migrator", null
    ]))]
    pub preset: Option<String>,
    /// `read:` — prefixes below which objects may be read.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub read: Option<Vec<String>>,
    /// `write:` — prefixes below which objects may be stored and deleted.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub write: Option<Vec<String>>,
    /// `list:` — prefixes that may be listed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "names")]
    #[schemars(schema_with = "names_shape")]
    pub list: Option<Vec<String>>,
}

/// Checks all of them.
pub(super) fn check_access(
    written: BTreeMap<String, AccessRoleDocument>,
) -> Result<Vec<SpecRole>, InvalidSpec> {
    let mut roles: Vec<SpecRole> = Vec::new();
    for (name, document) in written {
        let role = check_role(&name, document)?;
        if let Some(other) = roles.iter().find(|other| other.key == role.key) {
            let reason = format!("`{}` and `{name}` are the same key", other.name);
            return Err(InvalidSpec { key: ACCESS, reason });
        }
        roles.push(role);
    }
    Ok(roles)
}

fn check_role(name: &str, document: AccessRoleDocument) -> Result<SpecRole, InvalidSpec> {
    let missing = |what: &str| refuse_missing(ACCESS, &format!("`{what}` of each"));
    let grant = read_grant(&document)?;
    let project = document.project.ok_or_else(|| missing("project:"))?;
    let key = document.key.ok_or_else(|| missing("key:"))?;
    Ok(SpecRole {
        name: parse_key_value(ACCESS, name)?,
        project: parse_key_value(ACCESS, &project)?,
        key: parse_key_value(ACCESS, &key)?,
        grant,
    })
}

fn read_grant(document: &AccessRoleDocument) -> Result<RoleGrant, InvalidSpec> {
    let lists = [&document.read, &document.write, &document.list];
    let has_lists = lists.iter().any(|list| list.is_some());
    match (&document.preset, has_lists) {
        (Some(_), true) => Err(InvalidSpec {
            key: ACCESS,
            reason: "give either `as:`, or `read:`, `write:` and `list:`".to_owned(),
        }),
        (Some(preset), false) => Ok(RoleGrant::Preset(parse_preset(preset)?)),
        (None, true) => {
            let [read, write, list] = lists;
            let write = read_prefixes(write.as_deref())?;
            Ok(RoleGrant::Listed(RoleRights {
                read: read_prefixes(read.as_deref())?,
                put: write.clone(),
                delete: write,
                list: read_prefixes(list.as_deref())?,
                settings: false,
            }))
        }
        (None, false) => {
            Err(refuse_missing(ACCESS, "`as:`, or `read:`, `write:` and `list:` of each"))
        }
    }
}

fn parse_preset(text: &str) -> Result<RolePreset, InvalidSpec> {
    text.parse().map_err(|_| InvalidSpec {
        key: ACCESS,
        reason: match RolePreset::find_near(text) {
            Some(near) => format!("`{text}` is not a preset: did you mean `{}`?", near.name()),
            None => {
                let names = RolePreset::ALL.map(RolePreset::name).join(", ");
                format!("`{text}` is not a preset: there are {names}")
            }
        },
    })
}

fn read_prefixes(written: Option<&[String]>) -> Result<Vec<RightsPrefix>, InvalidSpec> {
    let prefixes = written.unwrap_or_default().iter();
    prefixes.map(|text| parse_key_value(ACCESS, text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written of a role, and its rights or what is said against it.
    #[track_caller]
    fn check(json: &str, expected: Result<&str, &str>) {
        let written: BTreeMap<String, AccessRoleDocument> = serde_json::from_str(json).unwrap();
        let found = check_access(written);
        match (&found, expected) {
            (Ok(roles), Ok(words)) => {
                let found = format!("{:?}", roles.first().map(|role| &role.grant));
                assert!(found.contains(words), "{found}");
            }
            (Err(error), Err(words)) => assert!(error.to_string().contains(words), "{error}"),
            _ => panic!("{json}: {found:?}"),
        }
    }

    #[test]
    fn a_role_has_a_project_a_key_and_rights() {
        check(r#"{"modal":{"project":"p7","key":"AK1","as":"modal-worker"}}"#, Ok("ModalWorker"));
        check(r#"{"ci":{"project":"p7","key":"AK1","read":"raw","list":["raw/"]}}"#, Ok("raw/"));
        check(r#"{"ci":{"project":"p7","key":"AK1","write":["*"]}}"#, Ok("RightsPrefix(\"\")"));
        check(r#"{"ci":{"key":"AK1","as":"observer"}}"#, Err("`project:` of each"));
        check(r#"{"ci":{"project":"p7","as":"observer"}}"#, Err("`key:` of each"));
        check(r#"{"ci":{"project":"p7","key":"AK1"}}"#, Err("`as:`, or"));
        check(r#"{"ci":{"project":"7","key":"AK1","as":"observer"}}"#, Err("not a project"));
        check(r#"{"Ci":{"project":"p7","key":"AK1","as":"observer"}}"#, Err("name of a role"));
    }

    #[test]
    fn a_mistyped_preset_names_the_near_one() {
        let with = |word: &str| format!(r#"{{"ci":{{"project":"p7","key":"A","as":"{word}"}}}}"#);
        check(&with("modal-workr"), Err("did you mean `modal-worker`?"));
        check(&with("obsrver"), Err("did you mean `observer`?"));
        check(&with("root"), Err("there are dagster, modal-worker"));
    }

    #[test]
    fn prefixes_hold_no_wildcards_and_a_key_has_one_role() {
        for prefix in ["a*", "a?", "${x}", "a:b", "/a", "", "a/../b"] {
            let role = serde_json::json!({"project": "p7", "key": "A", "read": [prefix]});
            check(&serde_json::json!({ "ci": role }).to_string(), Err("prefix in a policy"));
        }
        let one = r#"{"project":"p7","key":"A","as":"observer"}"#;
        check(&format!(r#"{{"a":{one},"b":{one}}}"#), Err("`a` and `b` are the same key"));
    }
}
