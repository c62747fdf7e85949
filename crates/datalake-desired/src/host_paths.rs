//! Where the things of a Dagster host lie.

use std::iter::successors;

use datalake_core::fault::Fault;
use datalake_core::host::{HostPath, InvalidPath, Owner, UnitName, UserAccount};
use datalake_core::spec::HostSpec;
use datalake_quadlet::{
    DagsterHome, STEERING_VARIABLES, UnknownHome, drop_in_path, find_container_units,
};

use crate::{DagsterUnit, HomeUnknown, HostKind, HostUnits, UnitRole};

/// The paths that concern one host.
pub struct HostPaths {
    /// The folders that hold the env file, parents first.
    pub env_folders: Vec<HostPath>,
    /// The env file with the key pair.
    pub env_file: HostPath,
    /// The container units that need the bucket.
    pub units: Vec<UnitPaths>,
    /// Files of others that may give the containers old values.
    pub others: Vec<ForeignFile>,
    /// Folders that nobody could look into, where more such files may lie.
    pub unseen: Vec<(HostPath, Fault)>,
    /// The variables that the containers are to be given.
    pub variables: Vec<String>,
    /// All units of the service user, once they are read.
    pub host_units: Option<HostUnits>,
    /// What kind of host it is, once that is looked for.
    pub kind: HostKind,
    /// Those that are looked at in their environments: an earlier spec may have given more.
    pub watched: Vec<String>,
    /// Dagster's home and its `dagster.yaml`, or why they are not known.
    pub dagster_yaml: Result<(DagsterHome, HostPath), HomeUnknown>,
}

/// A file of others that may give the containers old values.
pub struct ForeignFile {
    /// The file.
    pub path: HostPath,
    /// What it is.
    pub kind: ForeignFileKind,
    /// Why it cannot be changed, if it cannot.
    pub refused: Option<Fault>,
}

/// What a file of others is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignFileKind {
    /// A unit file or a drop-in.
    Quadlet,
    /// A file in `environment.d`.
    EnvironmentD,
}

/// The paths that concern one container unit.
pub struct UnitPaths {
    /// The unit file.
    pub file: HostPath,
    /// The folder of its drop-ins.
    pub drop_ins: HostPath,
    /// datalake's drop-in.
    pub drop_in: HostPath,
    /// The folders above that of the drop-ins that may have to be made, parents first.
    pub parents: Vec<HostPath>,
    /// Who owns them and the drop-in.
    pub owner: Owner,
}

/// Names as those take them who only read them.
#[must_use]
pub fn names_of(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

impl HostPaths {
    /// The places of a host whose service user has this account: quadlets below
    /// `~/.config/containers/systemd`, or `/etc/containers/systemd` for root; the env file apart from
    /// `environment.d`, which systemd would hand to every service of the user.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub fn of(
        account: &UserAccount,
        host: &HostSpec,
        variables: Vec<String>,
    ) -> Result<Self, InvalidPath> {
        let config = account.home.join(".config")?;
        let folder = config.join("datalake")?;
        let quadlets = account.quadlet_folder()?;
        let place = DropInPlace { folder: quadlets, parents: Vec::new(), owner: account.owner };
        let unit = |name: &UnitName| {
            let file = place.folder.join(&format!("{name}.container"))?;
            place.place_unit(name, file)
        };
        Ok(Self {
            env_file: folder.join("s3.env")?,
            env_folders: vec![config, folder],
            units: host.units.iter().map(unit).collect::<Result<_, _>>()?,
            others: Vec::new(),
            unseen: Vec::new(),
            watched: variables.clone(),
            host_units: None,
            kind: HostKind::Unclear,
            variables,
            dagster_yaml: Err(UnknownHome::NoVariable.into()),
        })
    }

    /// The variables that the containers are to be given, and the ones that must not reach them: left
    /// over, they are taken out.
    #[must_use]
    pub fn stale(&self) -> Vec<&str> {
        names_of(&self.variables).into_iter().chain(STEERING_VARIABLES).collect()
    }

    /// The folders in which quadlet looks for units, the strongest first; none before they are read.
    #[must_use]
    pub fn search_path(&self) -> &[HostPath] {
        self.host_units.as_ref().map_or(&[], |units| &units.folders)
    }

    /// The units that do nothing but run user code: they are restarted before those who ask them.
    #[must_use]
    pub fn find_code_servers(&self) -> Vec<UnitName> {
        let roles = self.host_units.iter().flat_map(HostUnits::find_roles);
        roles.filter(DagsterUnit::is_code_server).map(|unit| unit.container.name).collect()
    }

    /// The units among `planned` whose services go on running: these are restarted and watched.
    #[must_use]
    pub fn find_running_units(&self, planned: &[UnitName]) -> Vec<UnitName> {
        let roles = self.host_units.as_ref().map(HostUnits::find_roles).unwrap_or_default();
        let rests = |name: &&UnitName| {
            let mut named = roles.iter().filter(|unit| unit.container.name == **name);
            named.any(|unit| !unit.goes_on_running())
        };
        planned.iter().filter(|name| !rests(name)).cloned().collect()
    }

    /// Leaves only those of the spec's units whose services go on running.
    pub fn keep_running_units(&mut self, host: &mut HostSpec) {
        let running = self.find_running_units(&host.units);
        let mut names = host.units.iter();
        self.units.retain(|_| names.next().is_some_and(|name| running.contains(name)));
        host.units = running;
    }

    /// The units among `planned` in which user code runs; all of them where none is known to run it.
    /// Those that do not go on running are not among them.
    #[must_use]
    pub fn find_code_units(&self, planned: &[UnitName]) -> Vec<UnitName> {
        let planned = self.find_running_units(planned);
        let roles = self.host_units.as_ref().map(HostUnits::find_roles).unwrap_or_default();
        let runs_code = |name: &&UnitName| {
            let mut named = roles.iter().filter(|unit| unit.is_called(name));
            named.any(|unit| unit.has_role(UnitRole::RunsUserCode))
        };
        let found: Vec<_> = planned.iter().filter(runs_code).cloned().collect();
        if found.is_empty() { planned } else { found }
    }

    /// Takes each unit where it was found. Its drop-in lies in a folder that the generator reads, and
    /// below no link of a sub-folder: in that of the user's own units, or where root keeps units for
    /// this user alone.
    ///
    /// # Errors
    ///
    /// [`InvalidPath`] where a name makes no plain path.
    pub fn place_units(
        &mut self,
        host: &HostSpec,
        account: &UserAccount,
        units: &HostUnits,
    ) -> Result<(), InvalidPath> {
        let found = find_container_units(&units.files, &units.folders);
        for (paths, name) in self.units.iter_mut().zip(&host.units) {
            if let Some(unit) = found.iter().find(|unit| unit.name == *name) {
                let place = DropInPlace::beside(unit.folder, account, &units.folders)?;
                *paths = place.place_unit(name, unit.unit.path.clone())?;
            } else if let Some(folder) = units.folders.first()
                && !units.folders.iter().any(|folder| paths.file.parent().as_ref() == Some(folder))
            {
                // What lies in the usual folder does not count where the generator reads others.
                let place = DropInPlace::beside(folder, account, &units.folders)?;
                *paths = place.place_unit(name, folder.join(&format!("{name}.container"))?)?;
            }
        }
        Ok(())
    }
}

/// A folder that the generator reads and in which drop-ins are put.
struct DropInPlace {
    folder: HostPath,
    parents: Vec<HostPath>,
    owner: Owner,
}

/// Where root keeps units for users.
const ROOTS_FOLDER: &str = "/etc/containers/systemd/users";

impl DropInPlace {
    /// The place for drop-ins of units in that folder of the search path.
    fn beside(
        folder: &HostPath,
        account: &UserAccount,
        search: &[HostPath],
    ) -> Result<Self, InvalidPath> {
        let own = account.quadlet_folder()?;
        if !account.is_host() && folder.as_str().starts_with("/etc/containers/") {
            // One for all users would count for units of others.
            let folder: HostPath = format!("{ROOTS_FOLDER}/{}", account.owner.uid).parse()?;
            let owner = Owner { uid: 0, gid: 0 };
            return Ok(Self { parents: vec![folder.clone()], folder, owner });
        }
        if *folder == own || !search.contains(&own) {
            let folder = if search.contains(&own) { own } else { folder.clone() };
            return Ok(Self { folder, parents: Vec::new(), owner: account.owner });
        }
        // Neither the home nor `/etc` is made.
        let above = successors(Some(own.clone()), HostPath::parent);
        let is_kept = |path: &HostPath| *path == account.home || path.as_str() == "/etc";
        let mut parents: Vec<_> = above.take_while(|path| !is_kept(path)).collect();
        parents.reverse();
        Ok(Self { folder: own, parents, owner: account.owner })
    }

    fn place_unit(&self, name: &UnitName, file: HostPath) -> Result<UnitPaths, InvalidPath> {
        let beside = self.folder.join(&format!("{name}.container"))?;
        Ok(UnitPaths {
            drop_ins: self.folder.join(&format!("{name}.container.d"))?,
            drop_in: drop_in_path(&beside)?,
            file,
            parents: self.parents.clone(),
            owner: self.owner,
        })
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::host::UnitManager;
    use datalake_core::spec::SpecDocument;
    use datalake_quadlet::{UnitFile, UnitOwner, UnitSort, UserUnit};

    use super::*;
    use crate::list_usual_variables;

    fn account() -> UserAccount {
        let (owner, home) = (Owner { uid: 900, gid: 900 }, "/home/d".parse().unwrap());
        UserAccount { owner, home, manager: UnitManager::User }
    }

    fn host(units: &[&str]) -> HostSpec {
        let mut document = SpecDocument::defaults().host;
        document.units = Some(units.iter().map(|&name| name.to_owned()).collect());
        document.check().unwrap()
    }

    /// A host with these unit files in this search path.
    fn host_units(files: &[(&str, &str)], folders: &[&str]) -> HostUnits {
        let unit = |(path, text): &(&str, &str)| UserUnit {
            path: path.parse().unwrap(),
            sort: UnitSort::Quadlet,
            file: UnitFile::parse(text),
        };
        HostUnits {
            owner: UnitOwner { name: "d".to_owned(), uid: 900, home: account().home },
            folders: folders.iter().map(|path| path.parse().unwrap()).collect(),
            files: files.iter().map(unit).collect(),
            workspaces: Vec::new(),
            env_files: std::collections::BTreeMap::new(),
            missing: std::collections::BTreeSet::new(),
            unread: Vec::new(),
            closed: Vec::new(),
            masked: Vec::new(),
        }
    }

    /// Where unit and drop-in of a host lie whose unit is this file in this search path, and who owns
    /// the drop-in.
    #[track_caller]
    fn check(file: &str, folders: &[&str], drop_in: &str, owner: u32) {
        let (account, host) = (account(), host(&["web"]));
        let units = host_units(&[(file, "[Container]\nImage=a\n")], folders);
        let mut paths = HostPaths::of(&account, &host, list_usual_variables(false)).unwrap();

        paths.place_units(&host, &account, &units).unwrap();

        let unit = &paths.units[0];
        assert_eq!(unit.file.as_str(), file);
        let folder = unit.drop_in.parent().unwrap();
        assert_eq!((folder.as_str(), unit.owner.uid), (drop_in, owner));
        assert_eq!(folder, unit.drop_ins);
    }

    const OWN: &str = "/home/d/.config/containers/systemd";

    #[test]
    fn drop_ins_lie_where_the_generator_reads_and_whose_units_they_are() {
        let usual = [
            "/run/user/900/containers/systemd",
            OWN,
            "/etc/containers/systemd/users/900",
            "/etc/containers/systemd/users",
        ];
        let own = format!("{OWN}/web.container.d");
        let roots = "/etc/containers/systemd/users/900/web.container.d";
        check(&format!("{OWN}/web.container"), &usual, &own, 900);
        check(&format!("{OWN}/apps/dagster/web.container"), &usual, &own, 900);
        check("/run/user/900/containers/systemd/web.container", &usual, &own, 900);
        check("/etc/containers/systemd/users/900/web.container", &usual, roots, 0);
        check("/etc/containers/systemd/users/web.container", &usual, roots, 0);
        check("/home/d/q/web.container", &["/home/d/q"], "/home/d/q/web.container.d", 900);
    }

    #[test]
    fn drop_ins_of_the_hosts_own_units_lie_in_etc() {
        let (owner, home) = (Owner { uid: 0, gid: 0 }, "/root".parse().unwrap());
        let root = UserAccount { owner, home, manager: UnitManager::Host };
        let host = host(&["web"]);
        let folders = ["/etc/containers/systemd", "/usr/share/containers/systemd"];
        let drop_in = "/etc/containers/systemd/web.container.d/50-datalake-s3.conf";
        for (folder, parents) in [(folders[0], 0), (folders[1], 2)] {
            let file = format!("{folder}/web.container");
            let units = host_units(&[(&file, "[Container]\n")], &folders);
            let mut paths = HostPaths::of(&root, &host, list_usual_variables(false)).unwrap();

            paths.place_units(&host, &root, &units).unwrap();

            let unit = &paths.units[0];
            assert_eq!((unit.file.as_str(), unit.drop_in.as_str()), (file.as_str(), drop_in));
            assert_eq!((unit.parents.len(), unit.owner.uid), (parents, 0));
        }
    }

    #[test]
    fn a_unit_in_a_folder_that_the_generator_does_not_read_is_missing_where_it_does() {
        let (account, host) = (account(), host(&["web"]));
        let files = [("/home/d/.config/containers/systemd/web.container", "[Container]\n")];
        let units = host_units(&files, &["/home/d/q"]);
        let mut paths = HostPaths::of(&account, &host, list_usual_variables(false)).unwrap();

        paths.place_units(&host, &account, &units).unwrap();

        assert_eq!(paths.units[0].file.as_str(), "/home/d/q/web.container");
    }

    /// The units among `planned` in which user code runs, on a host whose units start these.
    #[track_caller]
    fn check_code(units: &[(&str, &str)], planned: &[&str], expected: &[&str]) {
        let file = |(name, exec): &(&str, &str)| {
            (format!("{OWN}/{name}.container"), format!("[Container]\nExec={exec}\n"))
        };
        let files: Vec<_> = units.iter().map(file).collect();
        let files: Vec<_> =
            files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let host = host(planned);
        let mut paths = HostPaths::of(&account(), &host, list_usual_variables(false)).unwrap();
        paths.host_units = Some(host_units(&files, &[OWN]));

        let found = paths.find_code_units(&host.units);

        assert_eq!(found.iter().map(UnitName::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn user_code_runs_in_code_servers_or_else_in_all_that_are_planned() {
        let (web, beat) = (("web", "dagster-webserver"), ("beat", "dagster-daemon run"));
        let (code, other) = (("etl", "dagster api grpc -m etl"), ("other", "dagster api grpc"));

        check_code(&[web, beat, code], &["etl", "web", "beat"], &["etl"]);
        check_code(&[web, beat, code, other], &["etl", "other", "web"], &["etl", "other"]);
        check_code(&[web, beat], &["web", "beat"], &["web", "beat"]);
        check_code(&[web, beat, code], &["web", "beat"], &["web", "beat"]);
        check_code(&[web, ("etl@", "dagster api grpc")], &["etl@1", "web"], &["etl@1"]);
        check_code(&[], &["web"], &["web"]);
        check_code(&[web, ("etl@", "dagster api grpc")], &["etl@", "web"], &["web"]);
    }

    #[test]
    fn templates_and_what_runs_once_are_neither_restarted_nor_watched() {
        let template = format!("{OWN}/etl@.container");
        let (web, once) = (format!("{OWN}/web.container"), format!("{OWN}/migrate.container"));
        let files = [
            (&*template, "[Container]\nExec=dagster api grpc\n"),
            (&*web, "[Container]\nExec=dagster-webserver\n"),
            (&*once, "[Container]\nExec=dagster instance migrate\n"),
        ];
        let mut host = host(&["etl@", "web", "migrate", "etl@1"]);
        let mut paths = HostPaths::of(&account(), &host, list_usual_variables(false)).unwrap();
        paths.host_units = Some(host_units(&files, &[OWN]));

        paths.keep_running_units(&mut host);

        assert_eq!(host.units.iter().map(UnitName::as_str).collect::<Vec<_>>(), ["web", "etl@1"]);
        let kept: Vec<_> = paths.units.iter().map(|unit| unit.file.file_name()).collect();
        assert_eq!(kept, ["web.container", "etl@1.container"]);
    }
}
