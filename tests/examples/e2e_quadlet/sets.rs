//! The fixture sets, and what generators have said of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Outcome;

/// A fixture set: the files of a folder, or one file, by their names.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) files: BTreeMap<String, String>,
}

impl Set {
    /// The names of the container units in it.
    pub(super) fn units(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|name| name.ends_with(".container"))
    }
}

/// Sets by name: whether `version` made units of them, by the table of earlier runs.
pub(super) fn accepted_sets(table: &str, version: &str) -> BTreeMap<String, bool> {
    let rows = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter_map(|row| match row.as_slice() {
        [set, podman, _exit, units, ..] if *podman == version => {
            Some(((*set).to_owned(), *units != "-"))
        }
        _ => None,
    })
    .collect()
}

pub(super) fn sets(fixtures: &Path) -> Outcome<Vec<Set>> {
    let mut sets = Vec::new();
    for folder in fs::read_dir(fixtures)? {
        let path = folder?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() || name == "golden" {
            continue;
        }
        let mut files = BTreeMap::new();
        collect(&path, "", &mut files)?;
        if matches!(name.as_str(), "hard-syntax" | "rejected" | "warned") {
            sets.extend(files.into_iter().map(|(file, text)| Set {
                name: format!("{name}/{file}"),
                files: BTreeMap::from([(file, text)]),
            }));
        } else {
            sets.push(Set { name, files });
        }
    }
    sets.extend(left_over_sets());
    sets.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sets)
}

/// Units with the harmful words in every spelling.
fn left_over_sets() -> impl Iterator<Item = Set> {
    let head = "[Container]\nImage=localhost/dagster:latest\n";
    let bodies = [
        (
            "words",
            "Environment=A=1 \"AWS_REGION=x y\" AWS_ACCESS_KEY_ID=x 'B=2 3'\nEnvironmentFile=/a \"-/b c\" -%h/d\n",
        ),
        (
            "continued",
            "Environment=A=1 \\\n# c \\\n\n  AWS_SECRET_ACCESS_KEY=x \\\n  B=2\nEnvironmentFile=\\\n  -/b\nUser=x\n",
        ),
        (
            "podman-args",
            "PodmanArgs=--env=AWS_REGION=x --tty --env 'AWS_REGION=x y' -e AWS_REGION=z\nPodmanArgs=-eAWS_REGION=x -e=AWS_ACCESS_KEY_ID=x\n",
        ),
        ("secret", "Secret=mine,type=env,target=AWS_ACCESS_KEY_ID\nSecret=mine,type=mount\n"),
        ("escapes", "Environment=AWS_REGI\\x4fN=x\nEnvironmentFile=\\x2d/b\n"),
        ("service-reset", "[Service]\nEnvironmentFile=-/a\nEnvironmentFile=\n"),
        ("dangling", "EnvironmentFile=-/b\nExec=a \\"),
        ("only-service-dangles", "[Service]\nRestart=no\\\n"),
    ];
    bodies.into_iter().map(move |(name, body)| Set {
        name: format!("harm/{name}"),
        files: BTreeMap::from([(format!("{name}.container"), format!("{head}{body}"))]),
    })
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
