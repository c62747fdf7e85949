//! Gives changed unit files to real quadlet generators: `e2e_quadlet GENERATOR…`.
//!
//! Each fixture set is repaired and gets its variables by a drop-in, then by marked blocks; the
//! generator has to make every unit, with `--env=NAME` and without a broken `--env-file`. A set
//! that a generator refuses unedited is skipped, with the reason that it gives.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use datalake_core::HostPath;
use datalake_quadlet::generator::{Expected, GeneratorOutput, Verdict, check};
use datalake_quadlet::{
    DROP_IN_NAME, S3_VARIABLES, UnitFile, drop_in, insert_blocks, remove_blocks, repaired,
};

type Outcome<T> = Result<T, Box<dyn Error>>;

const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Has a blank and a percent sign, which must reach systemd as they are meant.
const ENV_FILE: &str = "/var/lib/dagster/my config/100%/s3.env";

fn main() -> ExitCode {
    let mut tally = Tally::default();
    for generator in std::env::args_os().skip(1).map(PathBuf::from) {
        if let Err(err) = judge_generator(&generator, &mut tally) {
            tally.failed(&format!("{}: {err}", generator.display()));
        }
    }
    say(&format!("{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.skipped));
    if tally.failed == 0 && tally.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    fn passed(&mut self, what: &str) {
        self.passed += 1;
        say(&format!("pass {what}"));
    }

    fn failed(&mut self, what: &str) {
        self.failed += 1;
        say(&format!("FAIL {what}"));
    }

    fn skipped(&mut self, what: &str) {
        self.skipped += 1;
        say(&format!("skip {what}"));
    }

    fn count(&mut self, what: &str, verdict: Result<(), String>) {
        match verdict {
            Ok(()) => self.passed(what),
            Err(reason) => self.failed(&format!("{what}: {reason}")),
        }
    }
}

#[expect(clippy::print_stdout, reason = "what this program finds is its output")]
fn say(line: &str) {
    println!("{line}");
}

/// A way to hand the variables to a container.
#[derive(Clone, Copy)]
enum Way {
    DropIn,
    Blocks,
}

/// A fixture set: the files of a folder, or one file, by their names.
struct Set {
    name: String,
    files: BTreeMap<String, String>,
}

fn judge_generator(generator: &Path, tally: &mut Tally) -> Outcome<()> {
    let answer = Command::new(generator).arg("-version").output()?;
    let version = String::from_utf8(answer.stdout)?.trim().to_owned();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/quadlets");
    let recorded = accepted_sets(&fs::read_to_string(fixtures.join("acceptance.tsv"))?, &version);
    for set in sets(&fixtures)? {
        let label = format!("{version} {}", set.name);
        let unedited = generate(generator, &set.files)?;
        let accepted = set.units().all(|unit| unedited.service(unit).is_some());
        let expected = recorded.get(&set.name).copied();
        if expected.is_some_and(|expected| expected != accepted) {
            tally.failed(&format!("{label}: acceptance.tsv says accepted: {expected:?}"));
        }
        if !accepted {
            let reason = unedited.output.messages.join("; ");
            tally.skipped(&format!("{label}: refused unedited: {reason}"));
            continue;
        }
        judge_unedited(&label, &set, &unedited, tally);
        for way in [Way::DropIn, Way::Blocks] {
            judge_edited(&label, generator, (&set, way), tally)?;
        }
    }
    Ok(())
}

/// What the judge says of units that were not changed has to be right as well.
fn judge_unedited(label: &str, set: &Set, generated: &Generated, tally: &mut Tally) {
    for unit in set.units().filter(|_| set.name == "seed-broken" || set.name == "base") {
        let service = generated.service(unit).unwrap_or_default();
        let path = generated.path(unit);
        let verdict = check(&generated.output, &path, &S3_VARIABLES.map(Expected::Env));
        let plain = check(&generated.output, &path, &[]);
        let is_broken = set.name == "seed-broken" && !unit.contains("postgres");
        let right = matches!(verdict, Err(Verdict::NotHandedOver { .. }))
            && matches!(plain, Err(Verdict::DashedEnvFile { .. })) == is_broken;
        let said = if right { Ok(()) } else { Err(format!("judged {verdict:?}, {plain:?}")) };
        tally.count(&format!("{label} unedited {service}"), said);
    }
}

fn judge_edited(
    label: &str,
    generator: &Path,
    (set, way): (&Set, Way),
    tally: &mut Tally,
) -> Outcome<()> {
    let env_file: HostPath = ENV_FILE.parse()?;
    let mut files = set.files.clone();
    files.retain(|name, _| !name.ends_with(DROP_IN_NAME));
    for unit in set.units() {
        let text = set.files.get(unit).map(String::as_str).unwrap_or_default();
        let bare = remove_blocks(&UnitFile::parse(text))?;
        let sound = bare.then(&repaired(&bare.unit(), &S3_VARIABLES));
        let text = match way {
            Way::DropIn => {
                let path = format!("{unit}.d/{DROP_IN_NAME}");
                files.insert(path, drop_in(&env_file, &S3_VARIABLES)?);
                sound.text().to_owned()
            }
            Way::Blocks => {
                insert_blocks(&sound.unit(), &env_file, &S3_VARIABLES)?.text().to_owned()
            }
        };
        files.insert(unit.to_owned(), text);
    }
    let generated = generate(generator, &files)?;
    for unit in set.units() {
        let way = match way {
            Way::DropIn => "drop-in",
            Way::Blocks => "blocks",
        };
        tally.count(&format!("{label} {way} {unit}"), judge_unit(&generated, unit));
    }
    Ok(())
}

fn judge_unit(generated: &Generated, unit: &str) -> Result<(), String> {
    let path = generated.path(unit);
    check(&generated.output, &path, &S3_VARIABLES.map(Expected::Env))
        .map_err(|verdict| verdict.to_string())?;
    let made = generated.output.made_from(&path).ok_or("no unit")?;
    let env_file = format!("-{}", ENV_FILE.replace('%', "%%"));
    if !made.file.values("Service", "EnvironmentFile").contains(&env_file.as_str()) {
        return Err("the env file is not the one that was meant".to_owned());
    }
    let command = made.command().unwrap_or_default();
    let fixed = S3_VARIABLES.iter().find(|name| {
        let (alone, with_option) = (format!("{name}="), format!("--env={name}="));
        command.iter().any(|word| word.starts_with(&alone) || word.starts_with(&with_option))
    });
    fixed.map_or(Ok(()), |name| Err(format!("`{name}` still has a value in the unit")))
}

impl Set {
    /// The names of the container units in it.
    fn units(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|name| name.ends_with(".container"))
    }
}

/// Sets by name: whether `version` made units of them, by the table of earlier runs.
fn accepted_sets(table: &str, version: &str) -> BTreeMap<String, bool> {
    let rows = table.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    rows.filter_map(|row| match row.as_slice() {
        [set, podman, _exit, units, ..] if *podman == version => {
            Some(((*set).to_owned(), *units != "-"))
        }
        _ => None,
    })
    .collect()
}

fn sets(fixtures: &Path) -> Outcome<Vec<Set>> {
    let mut sets = Vec::new();
    for folder in fs::read_dir(fixtures)? {
        let path = folder?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !path.is_dir() || name == "golden" {
            continue;
        }
        let mut files = BTreeMap::new();
        collect(&path, "", &mut files)?;
        if matches!(name.as_str(), "hard-syntax" | "rejected" | "warned") {
            sets.extend(files.into_iter().map(|(file, text)| Set {
                name: format!("{name}/{file}"),
                files: BTreeMap::from([(file, text)]),
            }));
        } else {
            sets.push(Set { name, files });
        }
    }
    sets.extend(left_over_sets());
    sets.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(sets)
}

/// Units with the harmful words in every spelling.
fn left_over_sets() -> impl Iterator<Item = Set> {
    let head = "[Container]\nImage=localhost/dagster:latest\n";
    let bodies = [
        (
            "words",
            "Environment=A=1 \"AWS_REGION=x y\" AWS_ACCESS_KEY_ID=x 'B=2 3'\nEnvironmentFile=/a \"-/b c\" -%h/d\n",
        ),
        (
            "continued",
            "Environment=A=1 \\\n# c \\\n\n  AWS_SECRET_ACCESS_KEY=x \\\n  B=2\nEnvironmentFile=\\\n  -/b\nUser=x\n",
        ),
        ("escapes", "Environment=AWS_REGI\\x4fN=x\nEnvironmentFile=\\x2d/b\n"),
        ("service-reset", "[Service]\nEnvironmentFile=-/a\nEnvironmentFile=\n"),
        ("dangling", "EnvironmentFile=-/b\nExec=a \\"),
        ("only-service-dangles", "[Service]\nRestart=no\\\n"),
    ];
    bodies.into_iter().map(move |(name, body)| Set {
        name: format!("harm/{name}"),
        files: BTreeMap::from([(format!("{name}.container"), format!("{head}{body}"))]),
    })
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = format!("{prefix}{}", path.file_name().unwrap_or_default().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else {
            files.insert(name, fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// What a generator made of the files in a folder.
struct Generated {
    folder: PathBuf,
    output: GeneratorOutput,
}

impl Generated {
    /// The service that was made from the unit file `unit`.
    fn service(&self, unit: &str) -> Option<String> {
        Some(self.output.made_from(&self.path(unit))?.name.clone())
    }

    fn path(&self, unit: &str) -> String {
        self.folder.join(unit).display().to_string()
    }
}

fn generate(generator: &Path, files: &BTreeMap<String, String>) -> Outcome<Generated> {
    let temp = tempfile::tempdir()?;
    let folder = temp.path().canonicalize()?.join("units");
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        fs::write(path, text)?;
    }
    let (stdout, stderr) = (temp.path().join("stdout"), temp.path().join("stderr"));
    let mut child = Command::new(generator)
        .args(["-dryrun", "-user", "-no-kmsg-log"])
        .env_clear()
        .env("QUADLET_UNIT_DIRS", &folder)
        .stdin(Stdio::null())
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .spawn()?;
    let start = Instant::now();
    while child.try_wait()?.is_none() {
        if start.elapsed() > TIME_LIMIT {
            child.kill()?;
            child.wait()?;
            return Err("the generator did not end in 20 s".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = GeneratorOutput::read(&fs::read_to_string(stdout)?, &fs::read_to_string(stderr)?);
    Ok(Generated { folder, output })
}
