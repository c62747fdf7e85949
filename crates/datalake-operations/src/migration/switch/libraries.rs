//! The packages that user code was checked with, known again by the names of their folders.

use std::path::Path;

use datalake_core::host::HostPath;
use datalake_core::text::printable;
use datalake_engine::{NamedFolders, SeenEntry};
use serde::{Deserialize, Serialize};

/// A folder of installed packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CheckedLibraries {
    pub(super) path: String,
    /// `NAME-VERSION.dist-info`, as installers call what they have put there.
    pub(super) packages: Vec<String>,
}

impl From<(String, Vec<String>)> for CheckedLibraries {
    fn from(found: (String, Vec<String>)) -> Self {
        let (path, packages) = found;
        Self { path, packages }
    }
}

impl CheckedLibraries {
    /// What is not as it was, in words; `None` where all packages have the same versions.
    pub(super) fn find_change(&self, folders: &dyn NamedFolders) -> Option<String> {
        let path = printable(&self.path);
        let Some(now) = list_packages(folders, &self.path) else {
            return Some(format!("the packages in `{path}` cannot be looked at again"));
        };
        let name = |package: &String| {
            let name = package.rsplit_once('.').map_or(package.as_str(), |(name, _)| name);
            format!("`{}`", printable(name))
        };
        let gone = self.packages.iter().find(|package| !now.contains(package));
        let new = now.iter().find(|package| !self.packages.contains(package));
        let told = match (gone, new) {
            (None, None) => return None,
            (Some(gone), None) => format!("{} was there, and is not any more", name(gone)),
            (None, Some(new)) => format!("{} was missing", name(new)),
            (Some(gone), Some(new)) => {
                format!("{} was there, and {} was not", name(gone), name(new))
            }
        };
        Some(format!("the packages in `{path}` are not those that were checked: {told}"))
    }
}

/// The packages of a folder, in the order of their names; `None` where it cannot be read.
fn list_packages(folders: &dyn NamedFolders, path: &str) -> Option<Vec<String>> {
    let folder = folders.open_named(Path::new(path)).ok()?;
    let root: HostPath = "/".parse().ok()?;
    let SeenEntry::Folder(seen) = folder.look(&root).ok()? else { return None };
    let is_package = |name: &&String| name.ends_with(".dist-info") || name.ends_with(".egg-info");
    let mut packages: Vec<_> = seen.names.iter().filter(is_package).cloned().collect();
    packages.sort();
    Some(packages)
}

#[cfg(test)]
mod tests {
    use datalake_engine::memory::MemoryFolders;

    use super::*;

    #[test]
    fn another_version_of_a_package_is_told_by_name() {
        let folders = MemoryFolders::default();
        let libraries = |packages: &[&str]| {
            let packages = packages.iter().map(|name| format!("{name}.dist-info")).collect();
            CheckedLibraries { path: "/venv/site-packages".to_owned(), packages }
        };
        folders.put_file("/venv/site-packages/dagster_aws-0.29.27.dist-info/METADATA", "");
        folders.put_file("/venv/site-packages/six.py", "");
        let change = |packages: &[&str]| libraries(packages).find_change(&folders);

        assert_eq!(change(&["dagster_aws-0.29.27"]), None);
        let other = change(&["dagster_aws-0.29.26"]).unwrap();
        assert!(
            other.ends_with("`dagster_aws-0.29.26` was there, and `dagster_aws-0.29.27` was not")
        );
        assert!(change(&[]).unwrap().ends_with("`dagster_aws-0.29.27` was missing"));
        let gone = CheckedLibraries { path: "/gone".to_owned(), packages: Vec::new() };
        assert!(gone.find_change(&folders).unwrap().contains("cannot be looked at again"));
    }
}
