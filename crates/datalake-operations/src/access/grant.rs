//! A role written into a spec, without touching anything else of it.

use datalake_core::policy::{ProjectId, RightsPrefix, RoleName, RolePreset};
use datalake_core::secret::AccessKeyId;
use datalake_core::spec::SpecDocument;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{RestrictedKey, find_own_project};
use crate::{ErrorKind, OperationError};

/// A role as the operator says it.
#[derive(Debug, Clone)]
pub struct RoleWish {
    /// What it is called; `None` for a name that follows from the rest.
    pub name: Option<RoleName>,
    /// The project of the key.
    pub project: ProjectId,
    /// The key.
    pub key: AccessKeyId,
    /// Rights with a name.
    pub preset: Option<RolePreset>,
    /// Rights one by one: `read`, `write` or `list`, each with the prefixes behind it.
    pub words: Vec<String>,
}

/// A role that was written into a spec.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct GrantedRole {
    /// Its name.
    pub role: String,
    /// What is written of it below `access:`.
    pub line: String,
}

/// The text of a spec with one more role.
#[derive(Debug, Clone)]
pub struct SpecWithRole {
    /// The role.
    pub role: GrantedRole,
    /// The whole text.
    pub text: String,
}

/// Finds whose project a role is: what the service says of its key, where that is at hand.
///
/// # Errors
///
/// [`OperationError`] where nobody says it, the key at hand is another one, the service does not tell, or
/// tells of another project than the operator.
pub async fn find_role_project(
    key: &AccessKeyId,
    named: Option<&ProjectId>,
    at_hand: Option<RestrictedKey<'_>>,
) -> Result<ProjectId, OperationError> {
    let Some(at_hand) = at_hand else {
        let missing = || {
            let message = "the project of the key is not named";
            OperationError::new(ErrorKind::Usage, message)
                .advise("give --project PROJECT, or --key-file FILE to have the service asked")
        };
        return named.cloned().ok_or_else(missing);
    };
    if at_hand.id != key {
        let message = format!("the key file holds key {}, and the role is for {key}", at_hand.id);
        return Err(OperationError::new(ErrorKind::Usage, message));
    }
    let found = find_own_project(at_hand.lake).await?;
    match named {
        Some(named) if *named != found => {
            let message = format!("key {key} is of project {found}, not of {named}");
            Err(OperationError::new(ErrorKind::Config, message)
                .advise("leave out --project: the service names it"))
        }
        _ => Ok(found),
    }
}

/// Writes a role into the text of a spec.
///
/// # Errors
///
/// [`OperationError`] for rights that are none, and where `access:` is written in a way that has no place
/// for another line: the line is in the advice.
pub fn write_role(wish: &RoleWish, text: &str) -> Result<SpecWithRole, OperationError> {
    let name = choose_name(wish)?;
    let line = format!("{name}: {{ {} }}", describe_role(wish)?);
    let written = insert_role(text, &line).ok_or_else(|| {
        let message = "`access:` in the spec is written in a way that cannot be added to";
        OperationError::new(ErrorKind::Config, message).advise(format!("add below it: {line}"))
    })?;
    let role = GrantedRole { role: name.to_string(), line };
    Ok(SpecWithRole { role, text: written })
}

impl GrantedRole {
    /// What a person reads where the spec called `name` is left as it is.
    #[must_use]
    pub fn describe_plan(&self, name: &str) -> String {
        format!("{name} would have below access:\n  {}\nNothing was changed.\n", self.line)
    }

    /// What a person reads where it was written; `program` is how datalake is called.
    #[must_use]
    pub fn describe_writing(&self, name: &str, program: &str) -> String {
        format!(
            "Wrote below access: in {name}:\n  {}\n\nNothing is stored yet. Next: {program} access apply\n",
            self.line
        )
    }
}

impl SpecWithRole {
    /// Requires that the new spec is the old one and the role, whatever YAML makes of a line more.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it is not, one of them cannot be read (`None`), or the role already exists.
    pub fn require_only_the_role(
        &self,
        old: Option<Value>,
        new: Option<Value>,
    ) -> Result<(), OperationError> {
        let GrantedRole { role, line } = &self.role;
        let by_hand = || {
            let message = "the spec cannot be added to without changing something else";
            OperationError::new(ErrorKind::Config, message)
                .advise(format!("add below `access:` by hand: {line}"))
        };
        // By way of JSON, as a spec is read: YAML alone wants a tag before `file:` and its like.
        let read = |spec: Option<Value>| {
            let document = serde_json::from_value::<Option<SpecDocument>>(spec?).ok()?;
            Some(document.unwrap_or_default())
        };
        let (Some(old), Some(mut new)) = (read(old), read(new)) else { return Err(by_hand()) };
        if old.access.contains_key(role) {
            let message = format!("role `{role}` already exists");
            return Err(OperationError::new(ErrorKind::Usage, message)
                .advise("change it in the spec, or give --name NAME"));
        }
        if new.access.remove(role).is_none() || new != old { Err(by_hand()) } else { Ok(()) }
    }
}

fn choose_name(wish: &RoleWish) -> Result<RoleName, OperationError> {
    if let Some(name) = &wish.name {
        return Ok(name.clone());
    }
    let text = match wish.preset {
        Some(preset) => preset.name().to_owned(),
        None => wish.key.as_str().to_ascii_lowercase(),
    };
    text.parse().map_err(|_| {
        OperationError::new(ErrorKind::Usage, "the role needs a name").advise("give --name NAME")
    })
}

fn describe_role(wish: &RoleWish) -> Result<String, OperationError> {
    let start = format!("project: {}, key: {}", wish.project, wish.key);
    match (wish.preset, wish.words.is_empty()) {
        (Some(preset), true) => Ok(format!("{start}, as: {}", preset.name())),
        (None, false) => Ok(format!("{start}, {}", read_rights(&wish.words)?)),
        (Some(_), false) | (None, true) => {
            let message =
                "give either --as PRESET, or rights: read PREFIX… write PREFIX… list PREFIX…";
            Err(OperationError::new(ErrorKind::Usage, message))
        }
    }
}

/// `read raw out list raw` as `read: [raw/, out/], list: [raw/]`.
fn read_rights(words: &[String]) -> Result<String, OperationError> {
    const RIGHTS: [&str; 3] = ["read", "write", "list"];
    let usage = |message: String| OperationError::new(ErrorKind::Usage, message);
    let mut found: Vec<(&str, Vec<String>)> = Vec::new();
    for word in words {
        if RIGHTS.contains(&word.as_str()) {
            if found.iter().any(|(right, _)| right == word) {
                return Err(usage(format!("`{word}` is given twice")));
            }
            found.push((word, Vec::new()));
            continue;
        }
        let prefix: RightsPrefix = word.parse().map_err(|error| {
            OperationError::of(ErrorKind::Usage, &error as &dyn std::error::Error)
        })?;
        let Some((_, prefixes)) = found.last_mut() else {
            return Err(usage(format!("`{prefix}` has to follow `read`, `write` or `list`")));
        };
        // Quoted, so that `*` and whatever else a prefix holds is a text.
        prefixes.push(Value::from(prefix.to_string()).to_string());
    }
    if let Some((right, _)) = found.iter().find(|(_, prefixes)| prefixes.is_empty()) {
        return Err(usage(format!("`{right}` needs a prefix, or `*` for the whole bucket")));
    }
    let parts = found.iter().map(|(right, prefixes)| format!("{right}: [{}]", prefixes.join(", ")));
    Ok(parts.collect::<Vec<_>>().join(", "))
}

/// The text with one more line below `access:`; `None` where that is written in another way.
fn insert_role(text: &str, line: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |written: &&str| written.strip_prefix("access:").is_some();
    let Some(at) = lines.iter().position(is_head) else {
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        return Some(format!("{text}{end}\naccess:\n  {line}\n"));
    };
    let value = lines.get(at)?.strip_prefix("access:")?.trim();
    let mut new: Vec<String> = lines.iter().map(|&written| written.to_owned()).collect();
    if value.is_empty() || value.starts_with('#') {
        let is_filled = |below: &&&str| !below.trim().is_empty() && !below.trim().starts_with('#');
        let below = lines.iter().skip(at + 1).find(is_filled).copied().unwrap_or_default();
        let indent = below.len() - below.trim_start_matches(' ').len();
        new.insert(at + 1, format!("{}{line}", " ".repeat(if indent == 0 { 2 } else { indent })));
    } else {
        let inner = value.strip_prefix('{')?.strip_suffix('}')?.trim();
        let rest = if inner.is_empty() { String::new() } else { format!(", {inner}") };
        *new.get_mut(at)? = format!("access: {{ {line}{rest} }}");
    }
    Some(new.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "modal: { project: p2, key: AK, as: modal-worker }";

    #[track_caller]
    fn check_spec(text: &str, expected: Option<&str>) {
        assert_eq!(insert_role(text, LINE).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_role_is_added_in_the_way_in_which_the_others_are_written() {
        check_spec("bucket: b\n", Some(&format!("bucket: b\n\naccess:\n  {LINE}\n")));
        check_spec("bucket: b", Some(&format!("bucket: b\n\naccess:\n  {LINE}\n")));
        let block = "access: # who\n    # old\n    ci: { a: 1 }\nbucket: b\n";
        let expected =
            format!("access: # who\n    {LINE}\n    # old\n    ci: {{ a: 1 }}\nbucket: b\n");
        check_spec(block, Some(&expected));
        check_spec("access: {}\n", Some(&format!("access: {{ {LINE} }}\n")));
        let flow = "access: { ci: { a: 1 } }\nbucket: b\n";
        check_spec(flow, Some(&format!("access: {{ {LINE}, ci: {{ a: 1 }} }}\nbucket: b\n")));
        check_spec("access: {\n  ci: { a: 1 } }\n", None);
        check_spec("access: &anchor\n", None);
    }

    fn make_wish(preset: Option<RolePreset>, words: &[&str]) -> RoleWish {
        RoleWish {
            name: None,
            project: "p2".parse().unwrap(),
            key: "AKMODAL".parse().unwrap(),
            preset,
            words: words.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    #[track_caller]
    fn check_line(wish: &RoleWish, expected: Result<&str, &str>) {
        let found = write_role(wish, "");
        match (&found, expected) {
            (Ok(found), Ok(line)) => assert_eq!(found.role.line, line),
            (Err(error), Err(words)) => {
                assert!(error.messages.concat().contains(words), "{error:?}");
            }
            _ => panic!("{found:?}"),
        }
    }

    #[test]
    fn rights_are_a_preset_or_words_with_prefixes() {
        let preset = Some(RolePreset::ModalWorker);
        check_line(
            &make_wish(preset, &[]),
            Ok("modal-worker: { project: p2, key: AKMODAL, as: modal-worker }"),
        );
        check_line(
            &make_wish(None, &["read", "raw", "out/", "list", "*"]),
            Ok(r#"akmodal: { project: p2, key: AKMODAL, read: ["raw/", "out/"], list: ["*"] }"#),
        );
        check_line(&make_wish(preset, &["read", "raw"]), Err("either --as"));
        check_line(&make_wish(None, &[]), Err("either --as"));
        check_line(&make_wish(None, &["raw"]), Err("has to follow"));
        check_line(&make_wish(None, &["read"]), Err("needs a prefix"));
        check_line(&make_wish(None, &["read", "a", "read", "b"]), Err("given twice"));
        check_line(&make_wish(None, &["read", "a*"]), Err("prefix in a policy"));
    }
}
