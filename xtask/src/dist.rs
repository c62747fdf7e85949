//! What is handed to people: the program in one file that needs no library of its host, with man
//! pages and completions.

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::run::{Failed, cargo_with, printed, run, say, target};

/// Shells, and the name that each wants for its file.
const SHELLS: [(&str, &str); 3] =
    [("bash", "datalake"), ("zsh", "_datalake"), ("fish", "datalake.fish")];
const PAPERS: [&str; 5] = ["README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "docs"];

pub(crate) fn dist() -> Result<(), Failed> {
    let start = Instant::now();
    let target = target();
    let built = build(&target)?;
    let took = start.elapsed().as_secs();
    let name = format!("datalake-{}-{ARCH}-linux", env!("CARGO_PKG_VERSION"));
    let dist = target.join("dist");
    let folder = dist.join(&name);
    remade(&folder)?;
    let program = folder.join("datalake");
    copy(&built, &program)?;
    papers(&program, &folder)?;
    for paper in PAPERS {
        run(Command::new("cp").args(["-r", paper]).arg(&folder), "cp")?;
    }
    let archive = archive(&dist, &name)?;
    say(&format!("built in {took} s: {}, {}", size(&program)?, program.display()));
    say(&format!("to hand over: {}, {}", size(&archive)?, archive.display()));
    Ok(())
}

/// Builds with everything in one file. A target that is named keeps the flags from the programs
/// that run during the build.
fn build(target: &Path) -> Result<PathBuf, Failed> {
    let triple = format!("{ARCH}-unknown-linux-gnu");
    let flags = format!("CARGO_TARGET_{}_RUSTFLAGS", triple.to_uppercase().replace('-', "_"));
    let words =
        ["build", "--release", "--locked", "--package", "datalake-cli", "--target", &triple];
    cargo_with(&words, (&flags, "-C target-feature=+crt-static"))?;
    Ok(target.join(triple).join("release/datalake"))
}

/// Man pages and completions, by the program itself.
fn papers(program: &Path, folder: &Path) -> Result<(), Failed> {
    run(Command::new(program).arg("man").arg(folder.join("man/man1")), "datalake man")?;
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).map_err(at(&completions))?;
    for (shell, file) in SHELLS {
        let mut wanted = Command::new(program);
        let script = printed(wanted.args(["completions", shell]), "datalake completions")?;
        let file = completions.join(file);
        fs::write(&file, script).map_err(at(&file))?;
    }
    Ok(())
}

/// One archive and its hash. The same files give the same archive.
fn archive(dist: &Path, name: &str) -> Result<PathBuf, Failed> {
    let file = format!("{name}.tar.gz");
    let same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
    let mut tar = Command::new("tar");
    tar.current_dir(dist).args(same).args(["-I", "gzip -n", "-cf", &file, name]);
    run(&mut tar, "tar")?;
    let hash = printed(Command::new("sha256sum").current_dir(dist).arg(&file), "sha256sum")?;
    let sums = dist.join(format!("{file}.sha256"));
    fs::write(&sums, hash).map_err(at(&sums))?;
    Ok(dist.join(file))
}

fn remade(folder: &Path) -> Result<(), Failed> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(at(folder))?;
    }
    fs::create_dir_all(folder).map_err(at(folder))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::copy(from, to).map(drop).map_err(at(to))
}

fn size(file: &Path) -> Result<String, Failed> {
    let bytes = fs::metadata(file).map_err(at(file))?.len();
    Ok(format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Failed {
    move |error| Failed::new(format!("{}: {error}", path.display()))
}
