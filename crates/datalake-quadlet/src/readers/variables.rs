//! Variables that a line takes from the environment of the user's systemd.

use std::collections::BTreeSet;

use super::Losses;
use crate::line::UnitEntry;
use crate::path_pattern::variable_name;
use crate::split_words;

/// What a line hands on of the environment.
pub(super) enum Handing {
    /// These variables.
    Named(BTreeSet<String>),
    /// All of them.
    All,
}

/// The lost variables that a text names as `$NAME` or `${NAME}`. Of `$$NAME` systemd makes a
/// dollar sign.
pub(super) fn named_variables(text: &str, losses: &Losses) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(literal) = after.strip_prefix('$') {
            rest = literal;
            continue;
        }
        let (name, behind) = variable_name(after);
        if losses.variables.contains_key(name) {
            names.insert(name.to_owned());
        }
        rest = behind;
    }
    names
}

/// What an entry hands on to a container or a program.
pub(super) fn handed_variables(entry: &UnitEntry, losses: &Losses) -> Handing {
    let none = Handing::Named(BTreeSet::new());
    let is_of_systemd = ["Service", "Socket", "Mount", "Swap"].contains(&entry.section.as_str());
    if is_of_systemd {
        let runs = entry.key.starts_with("Exec") && !entry.value.is_empty();
        return if runs { Handing::All } else { none };
    }
    match entry.key.as_str() {
        "EnvironmentHost" if is_on(&entry.value) => Handing::All,
        "PodmanArgs" | "GlobalArgs" => by_arguments(&words_of(entry), losses),
        "Environment" => {
            let words = words_of(entry);
            let alone = words.iter().filter(|word| !word.contains('='));
            Handing::Named(alone.flat_map(|word| list_matching(word, losses)).collect())
        }
        _ => none,
    }
}

fn words_of(entry: &UnitEntry) -> Vec<String> {
    split_words(&entry.value).unwrap_or_default()
}

/// `--env=NAME`, `--env NAME`, the same with `-e`, and `--env-host`.
fn by_arguments(words: &[String], losses: &Losses) -> Handing {
    let mut names = BTreeSet::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let value = match word.as_str() {
            "--env-host" | "--env-host=true" => return Handing::All,
            "--env" | "-e" => words.next().map(String::as_str),
            word => {
                let short = || word.strip_prefix("-e").map(|rest| rest.trim_start_matches('='));
                word.strip_prefix("--env=").or_else(short)
            }
        };
        names.extend(value.into_iter().flat_map(|value| list_matching(value, losses)));
    }
    Handing::Named(names)
}

/// The lost variables that a name without a value stands for; podman takes `*` at its end for the
/// rest of any name.
fn list_matching<'a>(name: &'a str, losses: &'a Losses) -> impl Iterator<Item = String> + 'a {
    let fits = move |lost: &&String| match name.strip_suffix('*') {
        Some(start) => lost.starts_with(start),
        None => lost.as_str() == name,
    };
    losses.variables.keys().filter(fits).cloned()
}

fn is_on(value: &str) -> bool {
    ["1", "yes", "true", "on"].iter().any(|yes| value.trim().eq_ignore_ascii_case(yes))
}
