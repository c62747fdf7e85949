//! Paths as unit files write them: with specifiers, variables and wildcards, or relative.

use std::fmt;

use datalake_core::host::{HostPath, UnitManager};

/// Stands for text that only systemd can fill in.
const UNKNOWN: char = '\u{10FFFF}';

/// The user whose units are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitOwner {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The home folder.
    pub home: HostPath,
}

impl UnitOwner {
    /// Whether the units are those of the host's own systemd.
    #[must_use]
    pub fn is_host(&self) -> bool {
        UnitManager::of_user(&self.name) == UnitManager::Host
    }
}

/// Where a unit file or drop-in lies, and whose it is: what its specifiers stand for.
#[derive(Debug, Clone, Copy)]
pub struct UnitPlace<'a> {
    /// The file.
    pub path: &'a HostPath,
    /// The user.
    pub owner: &'a UnitOwner,
}

/// A path of which parts may be unknown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PathPattern(Vec<PatternPiece>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum PatternPiece {
    Char(char),
    /// One character of a name.
    One,
    /// Any part of a name.
    Part,
    /// Anything, over several names too.
    Any,
}

impl PathPattern {
    /// Reads a path as podman takes it.
    pub(crate) fn plain(text: &str, place: UnitPlace<'_>) -> Self {
        Self(make_absolute(text, place).chars().map(match_char).collect())
    }

    /// Reads a path as systemd takes it, which may be a pattern for several files.
    pub(crate) fn wildcard(text: &str, place: UnitPlace<'_>) -> Self {
        let absolute = make_absolute(text, place);
        let mut pieces = Vec::new();
        let mut rest = absolute.chars();
        while let Some(c) = rest.next() {
            pieces.push(match c {
                '*' => PatternPiece::Part,
                '?' => PatternPiece::One,
                '[' if rest.as_str().contains(']') => {
                    // What the brackets hold is not read: any character will do.
                    let _ = rest.by_ref().find(|c| *c == ']');
                    PatternPiece::One
                }
                c => match_char(c),
            });
        }
        Self(pieces)
    }

    /// The one path that it names.
    pub(crate) fn only_path(&self) -> Option<HostPath> {
        let chars = self.0.iter().map(|piece| match piece {
            PatternPiece::Char(c) => Some(*c),
            PatternPiece::One | PatternPiece::Part | PatternPiece::Any => None,
        });
        chars.collect::<Option<String>>()?.parse().ok()
    }

    /// Whether it names `path`, or may do so.
    pub(crate) fn may_name(&self, path: &HostPath) -> bool {
        // Which prefixes of the pattern fit what was read of the path.
        let mut fits = vec![false; self.0.len() + 1];
        let Some(first) = fits.first_mut() else { return false };
        *first = true;
        self.skip_empty(&mut fits);
        for c in path.as_str().chars() {
            let mut next = vec![false; fits.len()];
            for (at, piece) in self.0.iter().enumerate() {
                let takes = match piece {
                    PatternPiece::Char(wanted) => *wanted == c,
                    PatternPiece::One | PatternPiece::Part => c != '/',
                    PatternPiece::Any => true,
                };
                if !(takes && fits.get(at) == Some(&true)) {
                    continue;
                }
                let repeats = matches!(piece, PatternPiece::Part | PatternPiece::Any);
                if let Some(fit) = next.get_mut(if repeats { at } else { at + 1 }) {
                    *fit = true;
                }
            }
            self.skip_empty(&mut next);
            fits = next;
        }
        fits.last() == Some(&true)
    }

    /// A part that may be empty may be passed over.
    fn skip_empty(&self, fits: &mut [bool]) {
        for (at, piece) in self.0.iter().enumerate() {
            if matches!(piece, PatternPiece::Part | PatternPiece::Any)
                && fits.get(at) == Some(&true)
                && let Some(next) = fits.get_mut(at + 1)
            {
                *next = true;
            }
        }
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PathPattern")
    }
}

fn match_char(c: char) -> PatternPiece {
    if c == UNKNOWN { PatternPiece::Any } else { PatternPiece::Char(c) }
}

/// The text with what is known of specifiers and variables filled in.
pub(crate) fn filled_in(text: &str, owner: &UnitOwner) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '%' => {
                let letter = rest.chars().next();
                rest = letter.and_then(|c| rest.get(c.len_utf8()..)).unwrap_or_default();
                filled.push_str(&expand_specifier(letter, owner));
            }
            '$' if rest.starts_with('$') => {
                rest = rest.get(1..).unwrap_or_default();
                filled.push('$');
            }
            '$' => {
                let (name, after) = variable_name(rest);
                match name {
                    "" => filled.push('$'),
                    name => filled.push_str(&expand_variable(name, owner)),
                }
                rest = after;
            }
            c => filled.push(c),
        }
    }
    filled
}

/// The name after a dollar sign, and what follows it; no name where none is meant.
pub(crate) fn variable_name(text: &str) -> (&str, &str) {
    if let Some((name, rest)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        // `${NAME:-default}` and the like name a variable too.
        let end = name.find(|c| !is_of_name(c)).unwrap_or(name.len());
        return (name.get(..end).unwrap_or_default(), rest);
    }
    text.split_at(text.find(|c| !is_of_name(c)).unwrap_or(text.len()))
}

pub(crate) fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn expand_specifier(letter: Option<char>, owner: &UnitOwner) -> String {
    let home = &owner.home;
    if owner.is_host()
        && let Some(folder) = letter.and_then(find_host_folder)
    {
        return folder.to_owned();
    }
    match letter {
        Some('h') => home.to_string(),
        Some('t') => format!("/run/user/{}", owner.uid),
        Some('E') => format!("{home}/.config"),
        Some('S') => format!("{home}/.local/state"),
        Some('C') => format!("{home}/.cache"),
        Some('L') => format!("{home}/.local/state/log"),
        Some('T') => "/tmp".to_owned(),
        Some('V') => "/var/tmp".to_owned(),
        Some('u') => owner.name.clone(),
        Some('U') => owner.uid.to_string(),
        Some('%') => "%".to_owned(),
        _ => UNKNOWN.to_string(),
    }
}

/// The folders of the host's own systemd, where they are others than a user's.
fn find_host_folder(letter: char) -> Option<&'static str> {
    Some(match letter {
        't' => "/run",
        'E' => "/etc",
        'S' => "/var/lib",
        'C' => "/var/cache",
        'L' => "/var/log",
        _ => return None,
    })
}

fn expand_variable(name: &str, owner: &UnitOwner) -> String {
    match name {
        "HOME" => owner.home.to_string(),
        "XDG_CONFIG_HOME" => format!("{}/.config", owner.home),
        "XDG_RUNTIME_DIR" => format!("/run/user/{}", owner.uid),
        "USER" | "LOGNAME" => owner.name.clone(),
        _ => UNKNOWN.to_string(),
    }
}

/// The text as an absolute path without `.`, `..` and empty parts. A relative path counts from the
/// folder of the unit, also where a drop-in has it.
fn make_absolute(text: &str, place: UnitPlace<'_>) -> String {
    let filled = filled_in(text, place.owner);
    if filled.starts_with(['/', UNKNOWN]) {
        return normalize_path(&filled);
    }
    let folder = place.path.parent();
    let is_of_drop_ins = |folder: &HostPath| folder.as_str().rsplit('.').next() == Some("d");
    let folder = match folder {
        Some(folder) if is_of_drop_ins(&folder) => folder.parent(),
        folder => folder,
    };
    normalize_path(&format!("{}/{filled}", folder.as_ref().map_or("", HostPath::as_str)))
}

fn normalize_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => (),
            ".." if parts.last().is_some_and(|last| !last.contains(UNKNOWN)) => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if path.starts_with(UNKNOWN) { joined } else { format!("/{joined}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, path: &str, names: bool) {
        let owner = UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() };
        let file = "/home/d/units/web.container.d/a.conf".parse().unwrap();
        let place = UnitPlace { path: &file, owner: &owner };
        let pattern = PathPattern::wildcard(text, place);
        assert_eq!(pattern.may_name(&path.parse().unwrap()), names, "{text} {path}");
    }

    #[test]
    fn specifiers_and_variables_stand_for_what_is_known() {
        check("%h/.config/x", "/home/d/.config/x", true);
        check("%E/x", "/home/d/.config/x", true);
        check("%t/x", "/run/user/900/x", true);
        let root = UnitOwner { name: "root".to_owned(), uid: 0, home: "/root".parse().unwrap() };
        let path = "/etc/containers/systemd/web.container".parse().unwrap();
        let place = UnitPlace { path: &path, owner: &root };
        let pattern = PathPattern::plain("%E/lake/%t", place);
        assert_eq!(pattern.only_path().unwrap().as_str(), "/etc/lake/run");
        check("/srv/%u/%U/%%", "/srv/d/900/%", true);
        check("${HOME}/x", "/home/d/x", true);
        check("$HOME/x", "/home/d/x", true);
        check("/home/d/x", "/home/d/y", false);
    }

    #[test]
    fn what_is_unknown_may_be_anything() {
        check("/srv/%i.env", "/srv/one.env", true);
        check("%d/x.env", "/run/credentials/x.env", true);
        check("${SOME}/x.env", "/srv/x.env", true);
        check("/srv/%i.env", "/srv/one.conf", false);
    }

    #[test]
    fn dots_and_relative_paths_are_followed() {
        check("/home//d/./a/../x", "/home/d/x", true);
        check("../.config/x", "/home/d/.config/x", true);
        check("./x.env", "/home/d/units/x.env", true);
    }

    #[test]
    fn wildcards_stay_within_a_name() {
        check("/srv/*.env", "/srv/a.env", true);
        check("/srv/*.env", "/srv/a/b.env", false);
        check("/srv/?.env", "/srv/a.env", true);
        check("/srv/[ab].env", "/srv/a.env", true);
        check("/srv/a*", "/srv/a", true);
    }
}
