//! Files and names in the text of a value, such as a command for a shell.

use datalake_core::host::HostPath;

use crate::UnitPlace;
use crate::path_pattern::{PathPattern, filled_in};

/// The folder that systemd reads variables from.
const FOLDER: &str = "environment.d";

/// Where `value` names `path`, or the folder of `environment.d` that holds it.
pub(super) fn mentioned_at(value: &str, place: UnitPlace<'_>, path: &HostPath) -> Option<usize> {
    if !value.contains('/') && !value.contains(path.file_name()) {
        return None;
    }
    let filled = filled_in(value, place.owner);
    let mut tokens = filled.split(is_between).filter(|token| !token.is_empty());
    tokens.any(|token| names_path(token, place, path)).then(|| {
        let found = [path.file_name(), FOLDER].iter().find_map(|text| value.find(text));
        found.unwrap_or_default()
    })
}

/// Whether `value` holds `name` as a word of its own.
pub(super) fn mentions_name(value: &str, name: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || "_.-".contains(c);
    value.split(|c| !is_of_name(c)).any(|word| word == name)
}

fn names_path(token: &str, place: UnitPlace<'_>, path: &HostPath) -> bool {
    // systemd's marks before a command or an optional path.
    let token = token.trim_start_matches(['-', '@', '+', '!']).trim_end_matches(['}', ']']);
    let home;
    let token = match token.strip_prefix("~/") {
        Some(rest) => {
            home = format!("{}/{rest}", place.owner.home);
            &home
        }
        None => token,
    };
    let (folder, name) = token.rsplit_once('/').unwrap_or(("", token));
    let parent = path.parent();
    let is_of_folder = parent.as_ref().is_some_and(|parent| parent.file_name() == FOLDER);
    let is_known = |text: &str| text.starts_with('/') && !text.contains('\u{10FFFF}');
    if is_known(token) {
        let pattern = PathPattern::wildcard(token, place);
        let is_its_folder = || parent.as_ref().is_some_and(|folder| pattern.may_name(folder));
        return pattern.may_name(path) || (is_of_folder && is_its_folder());
    }
    // Part of the way is not known, or it counts from a folder that is not: its end decides.
    let is_below = |folder: &str| folder == FOLDER || folder.ends_with(&format!("/{FOLDER}"));
    if is_of_folder {
        return is_below(token) || (is_below(folder) && is_name(name, path));
    }
    let ending = parent.as_ref().map(|parent| format!("{}/{name}", parent.file_name()));
    name == path.file_name() && ending.is_some_and(|ending| token.ends_with(&ending))
}

fn is_name(name: &str, path: &HostPath) -> bool {
    name.is_empty() || name == path.file_name() || name.contains(['*', '?'])
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || "\"'=:,;()<>|&`".contains(c)
}
