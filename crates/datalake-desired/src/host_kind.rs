//! What kind of host it is where the spec's units are not: told by what lies where.

use std::fmt;

use datalake_core::host::{HostPath, UnitName};
use datalake_quadlet::{UnitSort, UserUnit, find_commands};

use crate::HostUnits;

/// How Dagster runs on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostKind {
    /// As containers of a user, by quadlets. These container units look like Dagster's.
    Quadlets(Vec<String>),
    /// The same, by a unit of the spec that lies in a usual folder, while quadlet reads others.
    UnreadFolder(HostPath),
    /// A `.kube` unit has podman play a Kubernetes manifest.
    KubeUnit(HostPath),
    /// Quadlets of the host's own systemd.
    SystemQuadlet(HostPath),
    /// A service written by hand starts a container.
    ContainerService(HostPath),
    /// A service runs Dagster without a container.
    Service(HostPath),
    /// A compose file.
    Compose(HostPath),
    /// Kubernetes, of which this is a part.
    Kubernetes(HostPath),
    /// NixOS, of which this is a part, makes the units.
    NixOs(HostPath),
    /// Nothing that was seen tells.
    Unclear,
}

/// What was seen of other ways to run Dagster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostSigns {
    /// Compose files that name Dagster.
    pub compose_files: Vec<HostPath>,
    /// Files and folders that a host with Kubernetes has.
    pub kubernetes: Vec<HostPath>,
    /// Files and folders that NixOS has.
    pub nix: Vec<HostPath>,
}

/// Tells the kind of a host on which container units of the spec were not found: `missing`.
#[must_use]
pub fn judge_host_kind(missing: &[UnitName], units: &HostUnits, signs: &HostSigns) -> HostKind {
    let files = &units.files;
    let is_unit = |file: &&UserUnit| file.path.file_name() == file.subject();
    let of_sort = |sort| files.iter().filter(is_unit).filter(move |file| file.sort == sort);
    // The first of the missing units is the one that is told.
    let find_missing = |sort, ending: &str| {
        let mut names = missing.iter().map(|name| format!("{name}{ending}"));
        names.find_map(|name| of_sort(sort).find(|file| file.path.file_name() == name))
    };
    let path_of = |file: &UserUnit| file.path.clone();
    if let Some(file) = find_missing(UnitSort::Quadlet, ".container") {
        return HostKind::UnreadFolder(path_of(file));
    }
    if let Some(file) = find_missing(UnitSort::Quadlet, ".kube") {
        return HostKind::KubeUnit(path_of(file));
    }
    let mut containers: Vec<_> = of_sort(UnitSort::Quadlet)
        .filter(|file| has_ending(file, ".container") && names_dagster(file))
        .map(|file| file.subject().trim_end_matches(".container").to_owned())
        .collect();
    containers.sort();
    containers.dedup();
    if !containers.is_empty() {
        return HostKind::Quadlets(containers);
    }
    let of_dagster = |sort, ending| {
        find_missing(sort, ending)
            .or_else(|| of_sort(sort).find(|file| has_ending(file, ending) && names_dagster(file)))
    };
    if let Some(file) = of_dagster(UnitSort::System, ".container") {
        return HostKind::SystemQuadlet(path_of(file));
    }
    if let Some(file) = of_dagster(UnitSort::Quadlet, ".kube") {
        return HostKind::KubeUnit(path_of(file));
    }
    let mut services = of_sort(UnitSort::Systemd).chain(of_sort(UnitSort::System));
    services.find_map(judge_service).unwrap_or_else(|| judge_signs(signs))
}

fn judge_signs(signs: &HostSigns) -> HostKind {
    let HostSigns { compose_files, kubernetes, nix } = signs;
    let compose = compose_files.first().cloned().map(HostKind::Compose);
    let kubernetes = || kubernetes.first().cloned().map(HostKind::Kubernetes);
    let nix = || nix.first().cloned().map(HostKind::NixOs);
    compose.or_else(kubernetes).or_else(nix).unwrap_or(HostKind::Unclear)
}

/// What a service runs, where it is Dagster.
fn judge_service(file: &UserUnit) -> Option<HostKind> {
    let name = file.path.file_name();
    if !name.ends_with(".service") {
        return None;
    }
    let command = find_commands(&file.file).into_iter().map(|(_, command)| command).next()?;
    let starts = |program: &str| command.split_whitespace().any(|word| is_program(word, program));
    let in_a_container = ["podman", "docker"].into_iter().any(starts);
    if in_a_container && (command.contains("dagster") || name.contains("dagster")) {
        return Some(HostKind::ContainerService(file.path.clone()));
    }
    let runs = ["dagster", "dagster-webserver", "dagster-daemon", "dagit"].into_iter().any(starts);
    (runs && !in_a_container).then(|| HostKind::Service(file.path.clone()))
}

/// Whether a word is a program of that name, with or without its folder.
fn is_program(word: &str, program: &str) -> bool {
    word.trim_matches(['"', '\'', '-', '@']).rsplit('/').next() == Some(program)
}

fn has_ending(file: &UserUnit, ending: &str) -> bool {
    file.path.file_name().ends_with(ending)
}

fn names_dagster(file: &UserUnit) -> bool {
    file.path.file_name().contains("dagster") || file.file.text().contains("dagster")
}

impl HostKind {
    /// Whether it is a host that datalake sets up, for all that is known.
    #[must_use]
    pub fn may_be_set_up(&self) -> bool {
        matches!(self, Self::Quadlets(_) | Self::UnreadFolder(_) | Self::Unclear)
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quadlets(units) => {
                let names: Vec<_> = units.iter().map(|name| format!("`{name}`")).collect();
                return write!(f, "the container units that name Dagster are {}", names.join(", "));
            }
            Self::UnreadFolder(path) => {
                return write!(
                    f,
                    "`{path}` is in a folder that quadlet does not read: `QUADLET_UNIT_DIRS` names \
                     others"
                );
            }
            Self::Unclear => return f.write_str("nothing here shows how Dagster runs"),
            Self::KubeUnit(path) => write!(
                f,
                "`{path}` has podman play a Kubernetes manifest, the only place from which its containers take \
                 their variables"
            ),
            Self::SystemQuadlet(path) => {
                return write!(
                    f,
                    "`{path}` is a quadlet of the host's own systemd (rootful): `host: {{ user: root }}` \
                     has datalake set up those"
                );
            }
            Self::ContainerService(path) => {
                write!(f, "`{path}` is a service written by hand that starts a container")
            }
            Self::Service(path) => {
                write!(f, "`{path}` is a service that runs Dagster without a container")
            }
            Self::Compose(path) => write!(f, "`{path}` is a compose file"),
            Self::Kubernetes(path) => write!(f, "`{path}` is part of Kubernetes"),
            Self::NixOs(path) => {
                write!(f, "`{path}` is part of NixOS, which regenerates units at each rebuild")
            }
        }?;
        f.write_str(
            "; datalake sets up hosts on which quadlets run Dagster. `sync`, `du`, `cost` and \
             `migrate --home DIR` work here",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use datalake_quadlet::{UnitFile, UnitOwner};

    use super::*;

    const QUADLETS: &str = "/home/d/.config/containers/systemd";

    fn units(files: &[(&str, UnitSort, &str)]) -> HostUnits {
        let file = |(path, sort, text): &(&str, UnitSort, &str)| UserUnit {
            path: path.parse().unwrap(),
            sort: *sort,
            file: UnitFile::parse(text),
        };
        HostUnits {
            owner: UnitOwner { name: "d".to_owned(), uid: 900, home: "/home/d".parse().unwrap() },
            folders: Vec::new(),
            files: files.iter().map(file).collect(),
            workspaces: Vec::new(),
            env_files: BTreeMap::new(),
            missing: BTreeSet::new(),
            unread: Vec::new(),
            closed: Vec::new(),
            masked: Vec::new(),
        }
    }

    #[track_caller]
    fn check_signs(files: &[(&str, UnitSort, &str)], signs: &HostSigns, expected: &str) {
        let missing = ["dagster-web".parse().unwrap()];
        let kind = judge_host_kind(&missing, &units(files), signs).to_string();
        let sentence = kind.split_once("; datalake sets up").map_or(kind.as_str(), |it| it.0);
        assert_eq!(sentence, expected);
    }

    #[track_caller]
    fn check(files: &[(&str, UnitSort, &str)], expected: &str) {
        check_signs(files, &HostSigns::default(), expected);
    }

    #[test]
    fn units_of_other_names_are_told() {
        let (web, db) = (format!("{QUADLETS}/etl.container"), format!("{QUADLETS}/db.container"));
        let exec = "[Container]\nExec=dagster-webserver\n";
        let files = [(&*web, UnitSort::Quadlet, exec), (&*db, UnitSort::Quadlet, "[Container]\n")];
        check(&files, "the container units that name Dagster are `etl`");
        check(&files[1..], "nothing here shows how Dagster runs");
    }

    #[test]
    fn a_unit_in_a_folder_that_quadlet_does_not_read_is_told() {
        let path = "/etc/containers/systemd/users/900/dagster-web.container";
        let words = format!(
            "`{path}` is in a folder that quadlet does not read: `QUADLET_UNIT_DIRS` names others"
        );
        check(&[(path, UnitSort::Quadlet, "[Container]\n")], &words);
    }

    #[test]
    fn kube_units_and_quadlets_of_the_host_are_told_by_file() {
        let kube = format!("{QUADLETS}/dagster-web.kube");
        check(
            &[(&kube, UnitSort::Quadlet, "[Kube]\nYaml=d.yml\n")],
            &format!(
                "`{kube}` has podman play a Kubernetes manifest, the only place from which its containers take \
                 their variables"
            ),
        );
        let system = "/etc/containers/systemd/dagster-web.container";
        let words = format!(
            "`{system}` is a quadlet of the host's own systemd (rootful): `host: {{ user: root }}` has \
             datalake set up those"
        );
        check(&[(system, UnitSort::System, "[Container]\n")], &words);
        let other = "/etc/containers/systemd/x.container";
        check(&[(other, UnitSort::System, "[Container]\n")], "nothing here shows how Dagster runs");
    }

    #[test]
    fn services_are_told_by_what_they_run() {
        let path = "/etc/systemd/system/lake.service";
        let run = |command: &str| format!("[Service]\nExecStart={command}\n");
        let venv = format!("`{path}` is a service that runs Dagster without a container");
        for command in ["/opt/venv/bin/dagster-webserver -w x", "/opt/v/bin/python -m dagster dev"]
        {
            check(&[(path, UnitSort::System, &run(command))], &venv);
        }
        check(
            &[(
                path,
                UnitSort::Systemd,
                &run("/usr/bin/podman run --rm dagster dagster-daemon run"),
            )],
            &format!("`{path}` is a service written by hand that starts a container"),
        );
        check(
            &[(path, UnitSort::System, &run("/usr/bin/nginx"))],
            "nothing here shows how Dagster runs",
        );
    }

    #[test]
    fn signs_of_other_hosts_are_told_where_no_unit_tells() {
        let path = |path: &str| vec![path.parse().unwrap()];
        let compose = HostSigns {
            compose_files: path("/srv/lake/compose.yaml"),
            kubernetes: path("/etc/kubernetes"),
            ..HostSigns::default()
        };
        check_signs(&[], &compose, "`/srv/lake/compose.yaml` is a compose file");
        let kubernetes = HostSigns { kubernetes: path("/etc/rancher/k3s"), ..HostSigns::default() };
        check_signs(&[], &kubernetes, "`/etc/rancher/k3s` is part of Kubernetes");
        let nix = HostSigns { nix: path("/etc/NIXOS"), ..HostSigns::default() };
        let words = "`/etc/NIXOS` is part of NixOS, which regenerates units at each rebuild";
        check_signs(&[], &nix, words);
    }

    #[test]
    fn what_works_there_is_part_of_the_sentence() {
        let kind = HostKind::Compose("/srv/compose.yaml".parse().unwrap());

        assert_eq!(
            kind.to_string(),
            "`/srv/compose.yaml` is a compose file; datalake sets up hosts on which quadlets run \
             Dagster. `sync`, `du`, `cost` and `migrate --home DIR` work here"
        );
        assert!(!kind.may_be_set_up() && HostKind::Unclear.may_be_set_up());
    }
}
