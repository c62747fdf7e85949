//! Environments of root that others can write to.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

use rustix::process::geteuid;
use tempfile::TempDir;

use super::*;

/// A virtual environment `venv` of the Python in `base`, and a folder `elsewhere`.
struct Ground(TempDir);

impl Ground {
    fn new() -> Self {
        let ground = Self(TempDir::new().unwrap());
        for folder in ["venv/bin", "venv/lib/python3.12/site-packages/pandas", "base/bin"] {
            ground.make_folder(folder);
        }
        for folder in ["base/lib/python3.12/site-packages", "elsewhere"] {
            ground.make_folder(folder);
        }
        let home = format!("Home = {}\n", ground.at("base/bin").display());
        ground.write("venv/pyvenv.cfg", &home);
        for name in ["venv/lib/python3.12/site-packages/pandas/core.py", "elsewhere/code.py"] {
            ground.write(name, "");
        }
        ground.write("base/lib/python3.12/os.py", "");
        ground.write("base/bin/python3", "a program");
        ground.change("base/bin/python3", 0o755);
        symlink(ground.at("base/bin/python3"), ground.at("venv/bin/python")).unwrap();
        ground
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn make_folder(&self, name: &str) {
        let mut whole = self.0.path().to_owned();
        for part in Path::new(name) {
            whole.push(part);
            let _ = fs::create_dir(&whole);
            fs::set_permissions(&whole, Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.at(name), text).unwrap();
        self.change(name, 0o644);
    }

    fn change(&self, name: &str, mode: u32) {
        fs::set_permissions(self.at(name), Permissions::from_mode(mode)).unwrap();
    }

    /// As root, who trusts whoever runs the tests.
    fn judge(&self) -> Result<(), GateFault> {
        let trusted = TrustedUsers::of_test(&[geteuid().as_raw(), 0], "", "");
        judge_python(self.at("venv/bin/python").as_os_str(), &trusted)
    }

    #[track_caller]
    fn refuses(&self, name: &str) -> GateFault {
        let fault = self.judge().unwrap_err();
        assert!(fault.is_distrust() && fault.path() == self.at(name), "{fault}");
        fault
    }
}

const PLACES: [&str; 9] = [
    "venv",
    "venv/pyvenv.cfg",
    "venv/lib",
    "venv/lib/python3.12",
    "venv/lib/python3.12/site-packages",
    "venv/lib/python3.12/site-packages/pandas/core.py",
    "base/lib",
    "base/lib/python3.12/os.py",
    "base/lib/python3.12/site-packages",
];

#[test]
fn an_environment_of_ones_own_is_fine_and_one_that_others_write_to_is_not() {
    for place in PLACES {
        let ground = Ground::new();
        ground.judge().unwrap();

        ground.change(place, 0o777);

        ground.refuses(place);
    }
}

#[test]
fn who_is_not_root_is_asked_nothing() {
    let ground = Ground::new();
    ground.change(PLACES[4], 0o777);

    let trusted = TrustedUsers::of_test(&[0, 1000], "", "");
    judge_python(ground.at("venv/bin/python").as_os_str(), &trusted).unwrap();
}

#[test]
fn what_a_link_leads_to_counts_too_and_links_in_a_circle_end() {
    let ground = Ground::new();
    symlink(ground.at("venv/lib"), ground.at("venv/lib64")).unwrap();
    symlink(ground.at("venv/lib/python3.12"), ground.at(PLACES[4]).join("circle")).unwrap();
    symlink("nowhere", ground.at(PLACES[4]).join("dangling")).unwrap();
    symlink(ground.at("elsewhere"), ground.at(PLACES[4]).join("linked")).unwrap();
    ground.judge().unwrap();

    ground.change("elsewhere/code.py", 0o666);

    ground.refuses("elsewhere/code.py");
}

#[test]
fn the_environment_of_a_script_is_that_of_its_interpreter() {
    let ground = Ground::new();
    let interpreter = ground.at("venv/bin/python");
    ground.write("venv/bin/script", &format!("#!{}\n", interpreter.display()));
    ground.change("venv/bin/script", 0o755);
    ground.change(PLACES[5], 0o666);

    let trusted = TrustedUsers::of_test(&[geteuid().as_raw(), 0], "", "");
    let fault = judge_python(ground.at("venv/bin/script").as_os_str(), &trusted).unwrap_err();

    assert_eq!(fault.path(), ground.at(PLACES[5]));
}

#[test]
fn a_file_of_another_user_is_for_that_user_to_run() {
    let ground = Ground::new();
    let name = "venv/lib/python3.12/site-packages/sitecustomize.py";
    ground.write(name, "");
    if chown(ground.at(name), Some(1234), Some(1234)).is_err() {
        eprintln!("only root can give a file away");
        return;
    }

    let fault = ground.refuses(name);

    assert!(fault.to_string().contains("belongs to user 1234 and has mode 0644"), "{fault}");
    assert!(fault.cure().unwrap().contains("run the check as that user"), "{:?}", fault.cure());
}
