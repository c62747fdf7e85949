//! Which workspace files the units have Dagster read.

use datalake_core::host::HostPath;
use datalake_dagster::{DagsterProcess, Workspace, find_process};
use datalake_quadlet::{
    ContainerUnit, MountBase, Mounts, UserUnits, find_container_units, folder_of_source,
};

/// The name that a workspace file has where no command names one.
const USUAL_NAME: &str = "workspace.yaml";

/// A workspace file that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundWorkspace {
    /// The file on the host.
    pub path: HostPath,
    /// What it says, or why that is not known.
    pub content: Result<Workspace, String>,
}

impl FoundWorkspace {
    /// Why webserver and daemon run user code themselves, or may do so.
    #[must_use]
    pub fn tell_own_code(&self) -> Option<String> {
        let name = self.path.file_name();
        match &self.content {
            Ok(workspace) => {
                let kind = workspace.own_code.as_ref()?;
                Some(format!("`{name}` has it load a `{kind}` itself"))
            }
            Err(why) => Some(format!("`{name}` may have it load code itself: {why}")),
        }
    }
}

/// The files on the host behind the workspace files that the commands of the units in these folders
/// name; that in Dagster's home where a command names none, or where no command is known. What lies in
/// an image alone is not among them.
#[must_use]
pub fn find_workspace_files(
    units: &UserUnits<'_>,
    folders: &[HostPath],
    home: Option<&HostPath>,
) -> Vec<HostPath> {
    let containers = find_container_units(units.files, folders);
    let readers = containers.iter().filter_map(|unit| {
        let started = find_process(&unit.command())?;
        let reads =
            !matches!(started.process, DagsterProcess::CodeServer | DagsterProcess::Command);
        reads.then_some((unit, started.workspaces))
    });
    let readers: Vec<_> = readers.collect();
    let places = WorkspacePlaces { user_home: &units.owner.home, home };
    let named = readers
        .iter()
        .flat_map(|(unit, names)| names.iter().filter_map(|name| places.find_behind(unit, name)));
    let takes_usual = readers.is_empty() || readers.iter().any(|(_, names)| names.is_empty());
    let usual = home.filter(|_| takes_usual).and_then(|home| home.join(USUAL_NAME).ok());
    let mut found: Vec<HostPath> = Vec::new();
    for path in usual.into_iter().chain(named) {
        if !found.contains(&path) {
            found.push(path);
        }
    }
    found
}

/// What the paths in a unit count from.
struct WorkspacePlaces<'a> {
    user_home: &'a HostPath,
    /// Dagster's home.
    home: Option<&'a HostPath>,
}

impl WorkspacePlaces<'_> {
    /// The file on the host behind a path in a unit's container. One that counts from the folder of the
    /// image is taken for one in Dagster's home.
    fn find_behind(&self, unit: &ContainerUnit<'_>, name: &str) -> Option<HostPath> {
        let relative = name.trim_start_matches("./");
        let inside = match unit.merged().last("Container", "WorkingDir") {
            _ if name.starts_with('/') => name.to_owned(),
            Some(folder) => format!("{}/{relative}", folder.trim().trim_end_matches('/')),
            None => return self.home?.join(relative).ok(),
        };
        let folder = unit.unit.path.parent()?;
        let base = MountBase { folder: &folder, home: self.user_home };
        let mounts = Mounts::of(unit.files().map(|file| &file.file), base);
        folder_of_source(&mounts.behind(&inside)?, self.user_home).ok()?
    }
}

#[cfg(test)]
mod tests;
