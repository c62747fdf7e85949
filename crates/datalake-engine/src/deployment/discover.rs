//! Finds the deployment: quadlet folders, services, containers, drop-ins.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{HostPath, InvalidPath, UnitName, UserAccount};
use datalake_core::plan::Found;

use super::user_files::is_of_other_user;
use super::{Container, Containers, ServiceName, Services, UnitStatus};
use crate::ports::{Files, SeenEntry, SeenKind};

/// How deep folders within quadlet folders are looked into.
const DEEPEST: usize = 4;

/// The ports that a deployment is found through.
#[derive(Clone, Copy)]
pub struct HostPorts<'a> {
    /// The host's files.
    pub files: &'a dyn Files,
    /// The service user's systemd.
    pub services: &'a dyn Services,
    /// The service user's podman.
    pub containers: &'a dyn Containers,
}

/// What to look for.
pub struct DeploymentSearch<'a> {
    /// The units, by the names of their quadlet files.
    pub units: &'a [UnitName],
    /// The quadlet folders, the strongest first.
    pub folders: &'a [HostPath],
    /// The file that says that the user's systemd runs without a login.
    pub lingering: &'a HostPath,
}

/// A Dagster deployment as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The quadlet folders that are there, the strongest first.
    pub folders: Vec<HostPath>,
    /// Folders that could not be looked into.
    pub unseen: Vec<(HostPath, Fault)>,
    /// The units in the order in which they were asked for.
    pub units: Vec<DeployedUnit>,
    /// What podman says of its version.
    pub podman: Found<String>,
    /// Whether the user's systemd runs without a login.
    pub lingers: Found<()>,
    /// Whether the host counts as online; if not, services start up to 90 s late.
    pub online: Found<bool>,
}

/// A container unit, its service and its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedUnit {
    /// The name of its quadlet file, without `.container`.
    pub name: UnitName,
    /// Its quadlet file: the first of that name counts.
    pub file: Found<HostPath>,
    /// Its drop-ins, in all folders.
    pub drop_ins: Vec<HostPath>,
    /// How its service stands. `Absent`: systemd has made no service of the file.
    pub status: Found<UnitStatus>,
    /// Its container. `Absent`: podman has none for the service.
    pub container: Found<Container>,
}

/// The folders in which quadlet looks for a user's units, the strongest first.
///
/// # Errors
///
/// [`InvalidPath`] never, as long as the home is a path.
pub fn quadlet_folders(account: &UserAccount) -> Result<Vec<HostPath>, InvalidPath> {
    if account.is_host() {
        let folders = ["/run", "/etc", "/usr/share"];
        return folders
            .map(|folder| format!("{folder}/containers/systemd").parse())
            .into_iter()
            .collect();
    }
    let uid = account.owner.uid;
    Ok(vec![
        format!("/run/user/{uid}/containers/systemd").parse()?,
        account.quadlet_folder()?,
        format!("/etc/containers/systemd/users/{uid}").parse()?,
        "/etc/containers/systemd/users".parse()?,
        format!("/usr/share/containers/systemd/users/{uid}").parse()?,
        "/usr/share/containers/systemd/users".parse()?,
    ])
}

/// The drop-ins of some units, in all quadlet folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DropIns {
    /// The file of each unit: the first of its name counts.
    pub files: Vec<Found<HostPath>>,
    /// The drop-ins, each once.
    pub paths: Vec<HostPath>,
    /// Folders that could not be looked into.
    pub unseen: Vec<(HostPath, Fault)>,
}

/// Finds the files and drop-ins of `units` in `folders`, the strongest first. Nothing is changed.
#[must_use]
pub fn drop_ins(units: &[UnitName], folders: &[HostPath], files: &dyn Files) -> DropIns {
    let mut folders = UnitFolders::walk(folders, files);
    let mut paths: Vec<HostPath> = Vec::new();
    for unit in units {
        for path in folders.drop_ins(unit, files) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    let file = |unit: &UnitName| folders.file(&format!("{unit}.container"));
    DropIns { files: units.iter().map(file).collect(), paths, unseen: folders.unseen }
}

/// Finds the deployment. Nothing is changed, and whatever cannot be learned is `Unknown`.
pub async fn discover_deployment(
    search: &DeploymentSearch<'_>,
    ports: &HostPorts<'_>,
) -> Deployment {
    let mut folders = UnitFolders::walk(search.folders, ports.files);
    let drop_ins = search.units.iter().map(|name| folders.drop_ins(name, ports.files));
    let drop_ins: Vec<_> = drop_ins.collect();
    let services = list_generated(ports.services).await;
    let containers = ports.containers.containers().await;
    let unit = |(name, drop_ins): (&UnitName, Vec<HostPath>)| {
        let file = folders.file(&format!("{name}.container"));
        let status = match (&file, &services) {
            (Found::Present(file), Ok(services)) => {
                made_of(file, services, ports.files.link_on_the_way(file).is_some())
            }
            (Found::Absent, Ok(_)) => Found::Absent,
            (_, Err(fault)) | (Found::Unknown(fault), Ok(_)) => Found::Unknown(fault.clone()),
        };
        let container = match (&status, &containers) {
            (Found::Present(status), Ok(containers)) => container_of(&status.unit, containers),
            (Found::Absent, Ok(_)) => Found::Absent,
            (_, Err(fault)) | (Found::Unknown(fault), Ok(_)) => Found::Unknown(fault.clone()),
        };
        DeployedUnit { name: name.clone(), drop_ins, file, status, container }
    };
    Deployment {
        units: search.units.iter().zip(drop_ins).map(unit).collect(),
        podman: Found::from_answer(ports.containers.version().await),
        lingers: Found::from_answer(ports.files.look(search.lingering).map(drop)),
        online: Found::from_answer(ports.services.is_online().await),
        folders: folders.names.into_iter().map(|(path, _)| path).collect(),
        unseen: folders.unseen,
    }
}

fn is_folder(above: &HostPath, name: &str, files: &dyn Files) -> bool {
    let standing = above.join(name).ok().and_then(|path| files.look_at_kind(&path).ok());
    standing.is_some_and(|standing| standing.kind == SeenKind::Folder)
}

/// How each service stands that a generator has made.
async fn list_generated(services: &dyn Services) -> Result<Vec<UnitStatus>, Fault> {
    let names: Vec<ServiceName> = services.generated().await?;
    if names.is_empty() { Ok(Vec::new()) } else { services.show(&names).await }
}

/// The service that was made of `file`: its name may be any, so the source decides. quadlet names
/// another path where a folder on the way is a link; of one file name it reads one file alone.
fn made_of(file: &HostPath, services: &[UnitStatus], link: bool) -> Found<UnitStatus> {
    let is_source = |status: &&UnitStatus| match &status.source {
        Some(source) if link => source.file_name() == file.file_name(),
        source => source.as_ref() == Some(file),
    };
    let made = services.iter().find(is_source);
    made.map_or(Found::Absent, |status| Found::Present(status.clone()))
}

fn container_of(service: &ServiceName, containers: &[Container]) -> Found<Container> {
    let owned = containers.iter().filter(|container| container.service.as_ref() == Some(service));
    // One that is left over from an earlier life does not run.
    let best = owned.max_by_key(|container| container.process.is_some());
    best.map_or(Found::Absent, |container| Found::Present(container.clone()))
}

/// Folders with the names in them, the strongest first.
struct UnitFolders {
    names: Vec<(HostPath, Vec<String>)>,
    unseen: Vec<(HostPath, Fault)>,
}

impl UnitFolders {
    fn walk(starts: &[HostPath], files: &dyn Files) -> Self {
        let mut folders = Self { names: Vec::new(), unseen: Vec::new() };
        for start in starts {
            folders.add(start, files, DEEPEST);
        }
        folders
    }

    fn add(&mut self, path: &HostPath, files: &dyn Files, depth: usize) {
        if self.names.iter().any(|(seen, _)| seen == path) {
            return;
        }
        match files.look(path) {
            Ok(SeenEntry::Folder(folder)) => {
                let names: Vec<_> = folder.names.into_iter().collect();
                // Most names with a point are files; folders of drop-ins hold no units.
                let may_hold_units = |name: &&String| match name.rsplit_once('.') {
                    _ if is_of_other_user(path, name) => false,
                    None => true,
                    Some((stem, ending)) => {
                        let is_named = !stem.is_empty() && ending != "d";
                        is_named && is_folder(path, name, files)
                    }
                };
                let below = names.iter().filter(may_hold_units);
                let below: Vec<_> = below.filter_map(|name| path.join(name).ok()).collect();
                self.names.push((path.clone(), names));
                if depth > 0 {
                    for path in &below {
                        self.add(path, files, depth - 1);
                    }
                }
            }
            Ok(SeenEntry::File { .. }) => (),
            Err(fault) if fault.kind == FaultKind::Absent => (),
            Err(fault) => self.unseen.push((path.clone(), fault)),
        }
    }

    fn file(&self, name: &str) -> Found<HostPath> {
        let holds = |(_, names): &&(HostPath, Vec<String>)| names.iter().any(|held| held == name);
        match self.names.iter().find(holds).and_then(|(path, _)| path.join(name).ok()) {
            Some(path) => Found::Present(path),
            None => match self.unseen.first() {
                Some((_, fault)) => Found::Unknown(fault.clone()),
                None => Found::Absent,
            },
        }
    }

    /// Drop-ins count in every folder: for all containers, for a prefix of the name that ends in
    /// a hyphen, for the template of an instance, for the very name.
    fn drop_ins(&mut self, name: &UnitName, files: &dyn Files) -> Vec<HostPath> {
        let name = name.as_str();
        let prefixes = name.match_indices('-').filter_map(|(at, _)| name.get(..=at));
        let template = name.find('@').and_then(|at| name.get(..=at)).filter(|it| *it != name);
        let stems =
            prefixes.chain(template).chain([name]).map(|stem| format!("{stem}.container.d"));
        let wanted: Vec<_> = ["container.d".to_owned()].into_iter().chain(stems).collect();
        let held = |(path, names): &(HostPath, Vec<String>)| {
            let held = names.iter().filter(|name| wanted.contains(name));
            held.filter_map(|name| path.join(name).ok()).collect::<Vec<_>>()
        };
        let folders: Vec<_> = self.names.iter().flat_map(held).collect();
        folders.iter().flat_map(|folder| self.settings_in(folder, files)).collect()
    }

    fn settings_in(&mut self, folder: &HostPath, files: &dyn Files) -> Vec<HostPath> {
        match files.look(folder) {
            Ok(SeenEntry::Folder(seen)) => {
                let names = seen.names.iter().filter(|name| {
                    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "conf")
                });
                names.filter_map(|name| folder.join(name).ok()).collect()
            }
            Ok(SeenEntry::File { .. }) => Vec::new(),
            Err(fault) => {
                if self.unseen.iter().all(|(path, _)| path != folder) {
                    self.unseen.push((folder.clone(), fault));
                }
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
