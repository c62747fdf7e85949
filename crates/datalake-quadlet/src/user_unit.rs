//! The files that make up a user's units, and which unit each of them is about.

use std::collections::BTreeMap;

use datalake_core::host::{HostPath, UnitName};

use crate::{UnitFile, UnitOwner, UnitPlace};

/// Who reads a file of a user's units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitSort {
    /// quadlet: a unit or a drop-in.
    Quadlet,
    /// systemd: a unit or a drop-in.
    Systemd,
    /// systemd, for variables of all services: a file in `environment.d`.
    EnvironmentD,
    /// The host's own systemd, or quadlet for it: a unit or a drop-in of root's.
    System,
    /// A shell, cron or podman: a file of text that may name others.
    Script,
}

/// A file of a user's units. Its `Debug` tells no content.
#[derive(Clone, PartialEq, Eq)]
pub struct UserUnit {
    /// Where it is.
    pub path: HostPath,
    /// Who reads it.
    pub sort: UnitSort,
    /// What it says.
    pub file: UnitFile,
}

/// An env file that units name.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvFileText {
    /// What it holds, which may be secret.
    Text(String),
    /// There is none.
    Missing,
    /// It lies outside the home, and was not opened: the user may not be able to read it.
    NotLookedAt,
    /// Nobody could read it.
    Unknown,
}

/// All files of a user's units.
pub struct UserUnits<'a> {
    /// The user.
    pub owner: &'a UnitOwner,
    /// The files.
    pub files: &'a [UserUnit],
    /// The env files that they name.
    pub env_files: &'a BTreeMap<HostPath, EnvFileText>,
    /// Files and folders that nobody could read, with the reason.
    pub unread: &'a [(HostPath, String)],
    /// Units of systemd, and drop-ins, that links to `/dev/null` stand for.
    pub masked: &'a [HostPath],
}

impl UserUnit {
    /// The unit that the file is or that its drop-in is for: `web.container`. Of drop-ins for many
    /// units it is the common end, `container` or `dagster-.container`.
    #[must_use]
    pub fn subject(&self) -> String {
        subject_of(&self.path)
    }

    /// Where it lies, and whose it is.
    #[must_use]
    pub fn place<'a>(&'a self, owner: &'a UnitOwner) -> UnitPlace<'a> {
        UnitPlace { path: &self.path, owner }
    }
}

impl UserUnits<'_> {
    /// The service that is made of a container unit.
    #[must_use]
    pub fn service_of(&self, unit: &UnitName) -> String {
        let subject = format!("{unit}.container");
        let units = self.files.iter().filter(|file| file.sort == UnitSort::Quadlet);
        let named = units.filter(|file| applies_to(&file.subject(), &subject));
        let mut named = named.filter_map(|file| file.file.last("Container", "ServiceName"));
        let name = named.rfind(|name| !name.is_empty());
        let name = name.map_or(unit.as_str(), |name| name.trim_end_matches(".service"));
        format!("{name}.service")
    }

    /// The files of one reader that count for a unit.
    #[must_use]
    pub fn files_for(&self, sort: UnitSort, unit: &str) -> Vec<&UserUnit> {
        let files = self.files.iter().filter(|file| file.sort == sort);
        files.filter(|file| applies_to(&file.subject(), unit)).collect()
    }
}

/// The unit that a path is about.
#[must_use]
pub(crate) fn subject_of(path: &HostPath) -> String {
    let parent = path.parent();
    let folder = parent.as_ref().map_or("", HostPath::file_name);
    match folder.strip_suffix(".d") {
        Some(stem) if stem != "environment" => stem.to_owned(),
        _ => path.file_name().to_owned(),
    }
}

/// Whether what is about `subject` counts for the unit of that full name: the very name, all of
/// its kind, or a prefix that ends in a hyphen.
#[must_use]
pub(crate) fn applies_to(subject: &str, unit: &str) -> bool {
    if subject == unit {
        return true;
    }
    let Some((name, kind)) = unit.rsplit_once('.') else { return false };
    match subject.rsplit_once('.') {
        None => subject == kind,
        Some((stem, of_kind)) => of_kind == kind && stem.ends_with('-') && name.starts_with(stem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drop_in_is_about_the_unit_that_its_folder_names() {
        let subject = |path: &str| subject_of(&path.parse().unwrap());

        assert_eq!(subject("/u/apps/web.container"), "web.container");
        assert_eq!(subject("/u/web.container.d/a.conf"), "web.container");
        assert_eq!(subject("/u/container.d/a.conf"), "container");
        assert_eq!(subject("/u/environment.d/a.conf"), "a.conf");
    }

    #[test]
    fn drop_ins_count_for_a_name_a_kind_or_a_prefix() {
        let unit = "dagster-web.container";
        for subject in [unit, "container", "dagster-.container"] {
            assert!(applies_to(subject, unit), "{subject}");
        }
        for subject in ["web.container", "kube", "dag.container", "dagster-.service"] {
            assert!(!applies_to(subject, unit), "{subject}");
        }
    }
}
