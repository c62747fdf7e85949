//! Asks real quadlet generators about random hosts: `e2e_hosts DATALAKE GENERATOR…`.
//!
//! A host has units of random roles in all places that the generator reads, with links, pods, drop-ins
//! and files that others hide. `discover` and the generator have to agree on the file of every unit; after
//! `provision` each unit that runs user code has to get every variable, by the generator's words, and no
//! database; after `rollback` every file is as before.

#![expect(clippy::indexing_slicing, reason = "a host that is not as it was made ends the program")]

mod host;
mod random;
mod tree;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use datalake_quadlet::S3_VARIABLES;
use datalake_quadlet::generator::{Expected, GeneratorOutput, UnitVerdict, check_unit};
use serde_json::Value;

use self::host::{Host, Part};
use self::random::Random;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many hosts are made.
const HOSTS: u64 = 200;

/// Where a host's seed begins.
const SEED: u64 = 18;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(program), generators) = (arguments.next(), arguments) else {
        return ExitCode::FAILURE;
    };
    let Ok(program) = program.canonicalize() else { return ExitCode::FAILURE };
    let (mut failed, mut units) = (0, 0);
    for generator in generators {
        for seed in SEED..SEED + HOSTS {
            match judge_host(&program, &generator, seed) {
                Ok(count) => units += count,
                Err(err) => {
                    failed += 1;
                    say(&format!("FAIL {} seed {seed}: {err}", generator.display()));
                }
            }
        }
    }
    say(&format!("{units} units of {HOSTS} hosts from seed {SEED}, {failed} failed"));
    if failed == 0 && units > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "what this program finds is its output")]
fn say(line: &str) {
    println!("{line}");
}

/// Goes through one host, and tells how many units it has.
fn judge_host(program: &Path, generator: &Path, seed: u64) -> Outcome<usize> {
    let temp = tempfile::tempdir()?;
    let place = temp.path().canonicalize()?;
    let host = Host::make(&place.join("host"), &mut Random::new(seed))?;
    let run = |words: &[&str]| run_program(program, &place, words);
    let before = tree::read_tree(&host.root)?;

    let found: Value = serde_json::from_str(&run(&["discover", "--json"])?)?;
    let found = files_in(&found, &host)?;
    let made = generate(generator, &host)?;
    let expected = sources(&made, &host)?;
    if found.keys().ne(expected.keys()) || found.iter().any(|(name, it)| expected[name] != it.file)
    {
        let found: Vec<_> = found.values().map(|it| it.file.display()).collect();
        return Err(format!("discover has {found:?}, the generator {expected:?}").into());
    }

    run(&["provision", "--yes"])?;
    let made = generate(generator, &host)?;
    for unit in &host.units {
        judge_unit(unit, &found, &made)?;
    }
    run(&["rollback", "--yes"])?;
    if tree::read_tree(&host.root)? != before {
        return Err("after the rollback the host is not as before".into());
    }
    Ok(host.units.len())
}

/// A unit that gets what it should, by the words of the generator.
fn judge_unit(
    unit: &host::Unit,
    found: &BTreeMap<String, FoundUnit>,
    made: &GeneratorOutput,
) -> Outcome<()> {
    let name = &unit.name;
    let told = found.get(name).ok_or_else(|| format!("`{name}` was not found"))?;
    let needs = unit.part != Part::Other;
    if told.is_given != needs {
        return Err(
            format!("`{name}` ({:?}) is given settings: {}", unit.part, told.is_given).into()
        );
    }
    let source = made.units.iter().filter_map(|made| made.source());
    let source = source.into_iter().find(|source| source.ends_with(&format!("/{name}.container")));
    let source = source.ok_or_else(|| format!("no service of `{name}`"))?;
    match check_unit(made, source, &S3_VARIABLES.map(Expected::Env)) {
        Ok(()) if needs => Ok(()),
        Err(UnitVerdict::NotHandedOver { .. }) if !needs => Ok(()),
        verdict => Err(format!("`{name}` ({:?}): {verdict:?}", unit.part).into()),
    }
}

/// What `discover` tells of a unit.
struct FoundUnit {
    file: PathBuf,
    is_given: bool,
}

fn files_in(report: &Value, host: &Host) -> Outcome<BTreeMap<String, FoundUnit>> {
    let users = report["data"]["users"].as_array().ok_or("no users")?;
    let units = users.first().and_then(|user| user["units"].as_array()).ok_or("no units")?;
    let mut all = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit["kind"] == "container") {
        let file = unit["file"].as_str().ok_or("no file")?;
        let file = host.root.join(file.trim_start_matches('/')).canonicalize()?;
        let is_given = unit["is_given_settings"] == true;
        let name = unit["name"].as_str().ok_or("no name")?.to_owned();
        all.insert(name, FoundUnit { file, is_given });
    }
    Ok(all)
}

/// The real files of the container units that the generator has made services of.
fn sources(made: &GeneratorOutput, host: &Host) -> Outcome<BTreeMap<String, PathBuf>> {
    let mut all = BTreeMap::new();
    for source in made.units.iter().filter_map(|unit| unit.source()) {
        let name = source.rsplit('/').next().unwrap_or_default();
        if let Some(name) = name.strip_suffix(".container") {
            all.insert(name.to_owned(), host.root.join(source).canonicalize()?);
        }
    }
    Ok(all)
}

fn generate(generator: &Path, host: &Host) -> Outcome<GeneratorOutput> {
    let folders: Vec<_> = host.folders.iter().map(|folder| folder.display().to_string()).collect();
    let done = Command::new("timeout")
        .arg("20")
        .arg(generator)
        .args(["-dryrun", "-user", "-no-kmsg-log"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("QUADLET_UNIT_DIRS", folders.join(":"))
        .stdin(Stdio::null())
        .output()?;
    let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    Ok(GeneratorOutput::read(&out, &err))
}

fn run_program(program: &Path, place: &Path, words: &[&str]) -> Outcome<String> {
    fs::create_dir_all(place.join("home"))?;
    let done = Command::new(program)
        .args(["--sandbox=sandbox", "--root=host", "--state=state"])
        .args(words)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", place.join("home"))
        .current_dir(place)
        .stdin(Stdio::null())
        .output()?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        return Err(format!("`{}` ended with {}: {said}", words.join(" "), done.status).into());
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
