use datalake_core::fault::FaultKind;
use datalake_core::host::{Mode, Owner, UnitManager};
use datalake_core::secret::FilledBody;

use super::walk::MOST_LOOKS;
use super::*;
use crate::memory::MemoryFiles;
use crate::ports::{NewFile, PathStanding, SeenEntry, SeenKind};

/// A host with these files, and the folders that they need.
fn host(files: &[(&str, &str)]) -> MemoryFiles {
    let host = MemoryFiles::default();
    let owner = Owner { uid: 900, gid: 900 };
    for (name, text) in files {
        let path: HostPath = name.parse().unwrap();
        let mut parents: Vec<_> = std::iter::successors(path.parent(), HostPath::parent).collect();
        while let Some(parent) = parents.pop() {
            host.create_folder(&parent, Mode::PUBLIC_FOLDER, owner).unwrap();
        }
        let content = FilledBody::new(text.as_bytes().to_vec());
        let file = NewFile { content: &content, mode: Mode::PUBLIC, owner };
        host.write(&path, &file).unwrap();
    }
    host
}

fn account() -> UserAccount {
    let owner = Owner { uid: 900, gid: 900 };
    UserAccount { owner, home: "/home/d".parse().unwrap(), manager: UnitManager::User }
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let found = UserFiles::collect(&account(), "d", &host(files)).unwrap();
    let paths: Vec<_> = found.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, expected);
    assert!(found.unread.is_empty());
}

#[test]
fn every_folder_of_quadlet_and_systemd_is_read() {
    for path in [
        "/home/d/.config/environment.d/s3.conf",
        "/home/d/.config/containers/systemd/web.container",
        "/home/d/.config/containers/systemd/apps/v1.2/web.container",
        "/home/d/.config/containers/systemd/web.container.d/a.conf",
        "/home/d/.config/containers/systemd/container.d/a.conf",
        "/home/d/.config/containers/systemd/x.pod",
        "/home/d/.config/containers/systemd/x@.container",
        "/etc/containers/systemd/users/web.container",
        "/etc/containers/systemd/users/900/web.kube",
        "/run/user/900/containers/systemd/web.container",
        "/home/d/.config/systemd/user/backup.service",
        "/home/d/.config/systemd/user/backup.timer",
        "/home/d/.config/systemd/user/web.service.d/override.conf",
        "/home/d/.local/share/systemd/user/backup.service",
        "/run/user/900/systemd/user/backup.service",
        "/etc/systemd/user/backup.service",
        "/usr/local/lib/systemd/user/backup.service",
        "/usr/local/share/systemd/user/backup.service",
        "/etc/systemd/system/backup.service",
        "/etc/systemd/system/backup.service.d/a.conf",
        "/etc/containers/systemd/web.container",
        "/home/d/.profile",
        "/home/d/.bashrc",
        "/var/spool/cron/crontabs/d",
        "/etc/cron.d/backup",
    ] {
        check(&[(path, "A=1\n")], &[path]);
    }
}

#[test]
fn what_nobody_makes_units_of_is_passed_over() {
    check(
        &[
            ("/home/d/.config/containers/systemd/web.container.bak", ""),
            ("/home/d/.config/containers/systemd/web.container.d/a.conf.off", ""),
            ("/home/d/.config/environment.d/s3.conf~", ""),
            ("/home/d/.config/systemd/user/default.target.wants/a.service", ""),
            ("/home/d/.config/containers/systemd/.git/web.container", ""),
            ("/etc/systemd/system/backup.timer", ""),
            ("/var/spool/cron/crontabs/e", ""),
            ("/usr/lib/systemd/user/gpg-agent.service", ""),
        ],
        &[],
    );
}

#[test]
fn a_file_in_the_place_of_a_folder_is_told() {
    for folder in ["/home/d/.config/environment.d", "/home/d/.config/systemd/user"] {
        let found = UserFiles::collect(&account(), "d", &host(&[(folder, "")])).unwrap();
        let unread: Vec<_> =
            found.unread.iter().map(|(path, fault)| (path.as_str(), fault.kind)).collect();
        assert_eq!(unread, [(folder, FaultKind::NotPlain)]);
    }
}

#[test]
fn a_variable_may_give_quadlet_other_folders() {
    let conf = "/home/d/.config/environment.d/q.conf";
    let own = "/home/d/units/web.container";
    let line = "QUADLET_UNIT_DIRS=/srv/none:${HOME}/units\n";
    check(&[(conf, line), (own, "")], &[conf, own]);
    let unit = "/srv/units/web.container";
    let system = "/etc/systemd/system/user@.service.d/q.conf";
    let line = "[Service]\nEnvironment=\"QUADLET_UNIT_DIRS=/srv/units\"\n";
    check(&[(system, line), (unit, "")], &[unit, system]);
}

#[test]
fn what_a_user_writes_leads_nowhere_outside_the_home() {
    let conf = "/home/d/.config/environment.d/q.conf";
    for line in ["/root", "/home/d/../../root", "/home/dd:/root/", "/", "/home/d"] {
        let secret = [("/root/a.container", ""), ("/home/dd/a.container", "")];
        let [root, other] = secret;
        let text = format!("QUADLET_UNIT_DIRS={line}\n");
        check(&[(conf, text.as_str()), root, other], &[conf]);
    }
}

#[test]
fn the_search_path_is_the_variables_where_one_is_set() {
    let path = |files: &[(&str, &str)]| {
        let folders = find_search_path(&account(), &host(files)).unwrap();
        folders.iter().map(ToString::to_string).collect::<Vec<_>>()
    };

    let usual = path(&[]);
    assert_eq!(usual.len(), 6);
    assert_eq!(usual[1], "/home/d/.config/containers/systemd");
    let user = ("/home/d/.config/environment.d/q.conf", "QUADLET_UNIT_DIRS=$HOME/units\n");
    let root = ("/etc/environment.d/q.conf", "QUADLET_UNIT_DIRS=/srv/a:/srv/b\n");
    assert_eq!(path(&[root]), ["/srv/a", "/srv/b"]);
    assert_eq!(path(&[user, root]), ["/home/d/units"]);
}

#[test]
fn folders_of_other_users_are_not_entered() {
    let own = "/etc/containers/systemd/users/900/web.container";
    let named = "/etc/containers/systemd/users/apps/web.container";
    let other = "/etc/containers/systemd/users/901/web.container";

    check(&[(own, ""), (named, ""), (other, "")], &[own, named]);
}

/// Opens nothing but these, and has links to `/dev/null`.
struct Watched {
    files: MemoryFiles,
    opened: std::sync::Mutex<Vec<String>>,
    masks: Vec<HostPath>,
}

impl Watched {
    fn of(files: &[(&str, &str)], masks: &[&str]) -> Self {
        let all = masks.iter().map(|mask| (*mask, ""));
        let files: Vec<_> = files.iter().copied().chain(all).collect();
        let masks = masks.iter().map(|mask| mask.parse().unwrap()).collect();
        Self { files: host(&files), opened: std::sync::Mutex::default(), masks }
    }
}

impl Files for Watched {
    fn look(&self, path: &HostPath) -> Result<SeenEntry, Fault> {
        let seen = self.files.look(path)?;
        if matches!(seen, SeenEntry::File { .. }) {
            self.opened.lock().unwrap().push(path.to_string());
        }
        if !self.masks.contains(path) {
            return Ok(seen);
        }
        Err(Fault::new(FaultKind::NotPlain, "a symbolic link"))
    }

    fn look_at_kind(&self, path: &HostPath) -> Result<PathStanding, Fault> {
        let standing = self.files.look_at_kind(path)?;
        let is_mask = self.masks.contains(path);
        let kind = if is_mask { SeenKind::Other } else { standing.kind };
        Ok(PathStanding { kind, ..standing })
    }

    fn link_target(&self, path: &HostPath) -> Option<String> {
        self.masks.contains(path).then(|| "/dev/null".to_owned())
    }

    fn write(&self, path: &HostPath, file: &NewFile<'_>) -> Result<(), Fault> {
        self.files.write(path, file)
    }

    fn remove_file(&self, path: &HostPath) -> Result<(), Fault> {
        self.files.remove_file(path)
    }

    fn create_folder(&self, path: &HostPath, mode: Mode, owner: Owner) -> Result<(), Fault> {
        self.files.create_folder(path, mode, owner)
    }

    fn remove_folder(&self, path: &HostPath) -> Result<(), Fault> {
        self.files.remove_folder(path)
    }

    fn sweep(&self, path: &HostPath) -> Result<(), Fault> {
        self.files.sweep(path)
    }
}

#[test]
fn only_names_of_units_are_opened() {
    let folder = "/home/d/.config/containers/systemd";
    let names: Vec<_> = (0..MOST_LOOKS + 10).map(|at| format!("{folder}/objects/{at}")).collect();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
    let (unit, key) = (format!("{folder}/apps/a.container"), format!("{folder}/id_rsa"));
    files.extend([(unit.as_str(), ""), (key.as_str(), "")]);
    let watched = Watched::of(&files, &[]);

    let found = UserFiles::collect(&account(), "d", &watched).unwrap();

    assert!(found.unread.is_empty());
    assert_eq!(*watched.opened.lock().unwrap(), [unit]);
}

#[test]
fn masked_units_are_told_and_other_links_to_nothing_passed_over() {
    let unit = "/home/d/.config/systemd/user/miner.service";
    let drop_in = "/home/d/.config/systemd/user/web.service.d/a.conf";
    let quadlet = "/home/d/.config/containers/systemd/old.container";
    let global = "/etc/systemd/user/web.service";
    let watched = Watched::of(&[], &[unit, drop_in, quadlet, global]);

    let found = UserFiles::collect(&account(), "d", &watched).unwrap();

    let masked: Vec<_> = found.masked.iter().map(HostPath::as_str).collect();
    assert_eq!(masked, [unit, drop_in, global]);
    assert!(found.files.is_empty() && found.unread.is_empty());
}

#[test]
fn there_may_be_no_end_of_files() {
    let names: Vec<_> = (0..MOST_LOOKS + 10)
        .map(|at| format!("/home/d/.config/containers/systemd/{at}.container"))
        .collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();

    let found = UserFiles::collect(&account(), "d", &host(&files)).unwrap();

    assert!(found.files.len() < MOST_LOOKS);
    assert_eq!(found.unread.len(), 1);
}

#[test]
fn the_hosts_own_units_are_roots_and_no_users() {
    let files = host(&[
        ("/etc/containers/systemd/web.container", ""),
        ("/etc/containers/systemd/apps/beat.container", ""),
        ("/etc/containers/systemd/users/other.container", ""),
        ("/etc/containers/systemd/users/900/own.container", ""),
        ("/root/.config/containers/systemd/none.container", ""),
        ("/root/.config/environment.d/none.conf", ""),
        ("/etc/systemd/system/web.service.d/a.conf", ""),
        ("/etc/cron.d/backup", ""),
    ]);
    let owner = Owner { uid: 0, gid: 0 };
    let home = "/root".parse().unwrap();
    let root = UserAccount { owner, home, manager: UnitManager::of_user("root") };

    let found = UserFiles::collect(&root, "root", &files).unwrap();

    let paths: Vec<_> = found.files.iter().map(|file| (file.path.as_str(), file.sort)).collect();
    let expected = [
        ("/etc/containers/systemd/web.container", UserFileSort::Quadlet),
        ("/etc/containers/systemd/apps/beat.container", UserFileSort::Quadlet),
        ("/etc/systemd/system/web.service.d/a.conf", UserFileSort::Systemd),
        ("/etc/cron.d/backup", UserFileSort::Script),
    ];
    assert_eq!(paths, expected);
    assert_eq!(find_search_path(&root, &files).unwrap(), found.folders);
}
