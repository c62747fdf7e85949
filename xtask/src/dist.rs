//! What is handed to people: the program in one file that needs no library of its host, with man
//! pages and completions, as an archive, a `.deb` and an `.rpm`, with a bill of materials and the
//! checksums of all of them.

mod deb;
mod materials;
mod rpm;
mod tree;

use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use self::deb::make_deb;
use self::materials::write_materials;
use self::rpm::make_rpm;
use self::tree::Contents;
use crate::run::{Failed, cargo_with, printed, run, say, target};

const SUMMARY: &str = "Dagster's storage on Hetzner Object Storage";
const DESCRIPTION: &str =
    "Puts the assets and logs of a Dagster that runs in podman quadlets into a bucket, and back.";
const MAINTAINER: &str = "The datalake contributors <contributors@datalake.invalid>";
/// The time of all files in packages, in seconds after 1970: the same files give the same package.
const EPOCH: &str = "1767225600";

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
    let bill = dist.join(format!("{name}.cdx.json"));
    write_materials(&bill)?;
    let archive = archive(&dist, &name)?;
    let work = dist.join("work");
    let sample = write_sample(&program, &work)?;
    let contents = Contents { folder: &folder, sample: &sample, bill_of_materials: &bill };
    let deb = make_deb(&contents, &work, &dist)?;
    let rpm = make_rpm(&contents, &work, &dist)?;
    fs::remove_dir_all(&work).map_err(at(&work))?;
    say(&format!("built in {took} s: {}, {}", size(&program)?, program.display()));
    for file in [&archive, &deb, &rpm, &bill] {
        say(&format!("to hand over: {}, {}", size(file)?, file.display()));
    }
    sum_files(&dist, &[&archive, &deb, &rpm, &bill])
}

/// A spec with comments, as `datalake init` writes it.
fn write_sample(program: &Path, work: &Path) -> Result<PathBuf, Failed> {
    let home = work.join("home");
    remade(&home)?;
    let (program, home) = (make_absolute(program)?, make_absolute(&home)?);
    let words = ["init", "--no-input", "--region", "fsn1", "--bucket", "acme-dagster-assets"];
    let mut init = Command::new(program);
    init.args(words).env_clear().env("HOME", &home).current_dir(&home);
    printed(&mut init, "datalake init")?;
    Ok(home.join("datalake.yaml"))
}

/// The checksums of all that is handed over, in one file that `sha256sum -c` reads.
fn sum_files(dist: &Path, files: &[&PathBuf]) -> Result<(), Failed> {
    let names = files.iter().filter_map(|file| file.file_name());
    let mut command = Command::new("sha256sum");
    let sums = printed(command.current_dir(dist).args(names), "sha256sum")?;
    let file = dist.join("SHA256SUMS");
    fs::write(&file, sums).map_err(at(&file))?;
    say(&format!("their checksums: {}", file.display()));
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
    let (commands, formats) = (folder.join("man/man1"), folder.join("man/man5"));
    run(Command::new(program).arg("man").arg(&commands), "datalake man")?;
    fs::create_dir_all(&formats).map_err(at(&formats))?;
    let page = formats.join("datalake.yaml.5");
    fs::rename(commands.join("datalake.yaml.5"), &page).map_err(at(&page))?;
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
    Ok(dist.join(file))
}

fn remade(folder: &Path) -> Result<(), Failed> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(at(folder))?;
    }
    fs::create_dir_all(folder).map_err(at(folder))
}

fn make_absolute(path: &Path) -> Result<PathBuf, Failed> {
    fs::canonicalize(path).map_err(at(path))
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
