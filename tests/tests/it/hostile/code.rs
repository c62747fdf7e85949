//! Code that is named by `--code`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::{Scene, link};

/// A folder of code with one file in it.
fn write_code(scene: &Scene) -> PathBuf {
    let code = scene.shelf.host.root().join("code");
    fs::create_dir_all(code.join("src/lake")).unwrap();
    fs::write(code.join("src/lake/a.py"), "A = 1\n").unwrap();
    code
}

#[track_caller]
fn tells_unread_code(scene: &Scene, code: &Path, told: &str) {
    let code = code.display();
    let plan = scene.run(&format!("migrate plan --code {code}")).exits(3);
    assert!(plan.stdout.contains(told), "{}", plan.stdout);
    assert!(!plan.stdout.contains("no I/O manager with files"), "{}", plan.stdout);
    let doctor = scene.run(&format!("doctor --code {code}"));
    let line = doctor.stdout.lines().find(|line| line.contains("python-secret")).unwrap_or("");
    assert!(line.contains("unknown") && line.contains(told), "{line}\n{}", doctor.all());
}

#[test]
fn code_that_is_no_plain_file_is_named_and_leaves_its_findings_unknown() {
    let scene = Scene::new();
    let code = write_code(&scene);
    let file = code.join("src/lake/b.py");
    symlink(scene.outside.path().join("f"), &file).unwrap();
    tells_unread_code(&scene, &code, "code/src/lake/b.py` is a symbolic link to `");

    fs::remove_file(&file).unwrap();
    mknodat(CWD, &file, FileType::Fifo, Mode::RWXU, 0).unwrap();
    tells_unread_code(&scene, &code, "code/src/lake/b.py` is a named pipe");

    fs::remove_file(&file).unwrap();
    fs::hard_link(code.join("src/lake/a.py"), &file).unwrap();
    tells_unread_code(&scene, &code, "code/src/lake/b.py` has another name too");

    fs::remove_file(&file).unwrap();
    fs::File::create(&file).unwrap().set_len(10 << 30).unwrap();
    tells_unread_code(&scene, &code, "code/src/lake/b.py` is larger than 1 MiB");

    fs::remove_file(&file).unwrap();
    symlink(scene.outside.path(), code.join("src/lake/defs")).unwrap();
    tells_unread_code(&scene, &code, "code/src/lake/defs` is a symbolic link to `");
}

#[test]
fn a_src_that_is_a_link_decides_no_layout() {
    let scene = Scene::new();
    let code = write_code(&scene);
    let project =
        "[tool.dg]\ndirectory_type = \"project\"\n[tool.dg.project]\nroot_module = \"lake\"\n";
    fs::write(code.join("pyproject.toml"), project).unwrap();
    link(scene.outside.path(), &code.join("src"));

    for tool in ["dagster", "modal"] {
        let call = scene.shelf.call(&format!("{tool} init {}", code.display()));
        let ran = call.env("DATALAKE_MODAL__SECRET", "acme").run().exits(78);
        assert!(ran.stderr.contains("code/src` is a symbolic link to `"), "{}", ran.stderr);
    }
}
