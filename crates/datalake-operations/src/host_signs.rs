//! Signs of other ways to run Dagster than a user's quadlets.

use datalake_core::host::{HostPath, UnitName, UserAccount};
use datalake_desired::{HostKind, HostPaths, HostSigns, judge_host_kind};
use datalake_engine::{Files, NamedFile, NamedFiles, SeenEntry, SeenKind};

/// Names of compose files.
const COMPOSE: [&str; 6] = [
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
    "podman-compose.yaml",
    "podman-compose.yml",
];

/// Folders in which people keep what they run, besides the service user's home.
const PLACES: [&str; 2] = ["/srv", "/opt"];

/// What a host with Kubernetes has.
const KUBERNETES: [&str; 3] = ["/etc/kubernetes", "/etc/rancher/k3s", "/var/snap/microk8s"];

/// What NixOS has.
const NIX: [&str; 2] = ["/etc/NIXOS", "/etc/nixos"];

/// So many folders are looked into.
const MOST_FOLDERS: usize = 200;

/// So many bytes are read of compose files.
const MOST_BYTES: usize = 1 << 20;

/// Tells what kind of host it is. Other signs are looked for only where a unit of the spec has no file
/// in its place.
pub(crate) fn find_host_kind(
    names: &[UnitName],
    paths: &HostPaths,
    account: &UserAccount,
    files: &dyn Files,
) -> HostKind {
    let Some(units) = &paths.host_units else { return HostKind::Unclear };
    let has_file = |path: &HostPath| units.files.iter().any(|file| file.path == *path);
    let placed = names.iter().zip(&paths.units);
    let missing = placed.filter(|(_, unit)| !has_file(&unit.file));
    let missing: Vec<_> = missing.map(|(name, _)| name.clone()).collect();
    if missing.is_empty() {
        return HostKind::Quadlets(names.iter().map(ToString::to_string).collect());
    }
    judge_host_kind(&missing, units, &find_signs(account, files))
}

fn find_signs(account: &UserAccount, files: &dyn Files) -> HostSigns {
    let present = |paths: &[&str]| -> Vec<HostPath> {
        let paths = paths.iter().filter_map(|path| path.parse().ok());
        paths.filter(|path| files.look_at_kind(path).is_ok()).collect()
    };
    HostSigns {
        compose_files: find_compose_files(account, files),
        kubernetes: present(&KUBERNETES),
        nix: present(&NIX),
    }
}

/// The compose files that name Dagster, as far as the service user may read them.
fn find_compose_files(account: &UserAccount, files: &dyn Files) -> Vec<HostPath> {
    let mut named = NamedFiles::of(files, &account.home, account.owner.uid, MOST_BYTES);
    let tops = PLACES.iter().filter_map(|place| place.parse().ok());
    let tops: Vec<HostPath> = std::iter::once(account.home.clone()).chain(tops).collect();
    let mut folders = Vec::new();
    for top in tops {
        let below = list_folders(&top, files);
        folders.push(top);
        folders.extend(below);
    }
    let mut found = Vec::new();
    for path in
        folders.iter().take(MOST_FOLDERS).flat_map(|folder| COMPOSE.map(|name| folder.join(name)))
    {
        let Ok(path) = path else { continue };
        let is_file = files.look_at_kind(&path).is_ok_and(|it| it.kind == SeenKind::File);
        if !is_file {
            continue;
        }
        if let NamedFile::Text(text) = named.read_file(&path)
            && text.contains("dagster")
        {
            found.push(path);
        }
    }
    found
}

/// The folders in a folder, but for those of programs.
fn list_folders(folder: &HostPath, files: &dyn Files) -> Vec<HostPath> {
    let Ok(SeenEntry::Folder(seen)) = files.look(folder) else { return Vec::new() };
    let names = seen.names.iter().filter(|name| !name.starts_with('.'));
    let paths = names.filter_map(|name| folder.join(name).ok());
    let is_folder = |path: &HostPath| {
        files.look_at_kind(path).is_ok_and(|standing| standing.kind == SeenKind::Folder)
    };
    paths.take(MOST_FOLDERS).filter(is_folder).collect()
}

#[cfg(test)]
mod tests {
    use datalake_core::host::{Mode, Owner, UnitManager};
    use datalake_core::secret::FilledBody;
    use datalake_core::spec::HostSpec;
    use datalake_desired::list_usual_variables;
    use datalake_engine::NewFile;
    use datalake_engine::memory::MemoryFiles;

    use super::*;
    use crate::look_for_foreign_files;

    const OWNER: Owner = Owner { uid: 900, gid: 900 };

    /// The kind of a host with these files, of which the spec wants the unit `dagster-web`.
    fn kind(texts: &[(&str, &str)]) -> HostKind {
        let files = MemoryFiles::default();
        for (path, text) in texts {
            let path: HostPath = path.parse().unwrap();
            let mut above: Vec<_> =
                std::iter::successors(path.parent(), HostPath::parent).collect();
            while let Some(folder) = above.pop() {
                if files.look(&folder).is_err() && folder.as_str() != "/" {
                    files.create_folder(&folder, Mode::PUBLIC_FOLDER, OWNER).unwrap();
                }
            }
            let content = FilledBody::new(text.as_bytes().to_vec());
            let file = NewFile { content: &content, mode: Mode::PUBLIC, owner: OWNER };
            files.write(&path, &file).unwrap();
        }
        let account = find_account();
        let host = HostSpec {
            user: "d".parse().unwrap(),
            units: vec!["dagster-web".parse().unwrap()],
            ..host_spec()
        };
        let paths = HostPaths::of(&account, &host, list_usual_variables(false)).unwrap();
        let paths = look_for_foreign_files(paths, &account, &host, &files).unwrap();
        find_host_kind(&host.units, &paths, &account, &files)
    }

    fn find_account() -> UserAccount {
        let home = "/home/d".parse().unwrap();
        UserAccount { owner: OWNER, home, manager: UnitManager::User }
    }

    fn host_spec() -> HostSpec {
        let document = serde_json::json!({ "user": "d", "units": ["web"] });
        let document: datalake_core::spec::HostDocument = serde_json::from_value(document).unwrap();
        document.check().unwrap()
    }

    #[test]
    fn each_kind_of_host_is_told_by_its_files() {
        let at = |path: &str| path.parse::<HostPath>().unwrap();
        let dagster = "services: {web: {image: dagster}}\n";
        for path in ["/home/d/compose.yaml", "/srv/lake/docker-compose.yml", "/opt/x/compose.yml"] {
            assert_eq!(kind(&[(path, dagster)]), HostKind::Compose(at(path)), "{path}");
        }
        let other = ("/srv/wiki/compose.yaml", "services: {wiki: {image: wiki}}\n");
        assert_eq!(kind(&[other]), HostKind::Unclear);
        let system = "/etc/containers/systemd/dagster-web.container";
        assert_eq!(kind(&[(system, "[Container]\n")]), HostKind::SystemQuadlet(at(system)));
        let kube = "/home/d/.config/containers/systemd/dagster-web.kube";
        assert_eq!(kind(&[(kube, "[Kube]\nYaml=d.yml\n")]), HostKind::KubeUnit(at(kube)));
        let venv = "/etc/systemd/system/etl.service";
        let text = "[Service]\nExecStart=/opt/venv/bin/dagster-daemon run\n";
        assert_eq!(kind(&[(venv, text)]), HostKind::Service(at(venv)));
        let k3s = ("/etc/rancher/k3s/k3s.yaml", "");
        assert_eq!(kind(&[k3s]), HostKind::Kubernetes(at("/etc/rancher/k3s")));
        assert_eq!(kind(&[("/etc/NIXOS", "")]), HostKind::NixOs(at("/etc/NIXOS")));
    }

    #[test]
    fn where_the_units_are_nothing_else_is_looked_for() {
        let unit = "/home/d/.config/containers/systemd/dagster-web.container";
        let compose = ("/srv/lake/compose.yaml", "dagster");

        let found = kind(&[(unit, "[Container]\n"), compose]);

        assert_eq!(found, HostKind::Quadlets(vec!["dagster-web".to_owned()]));
    }
}
