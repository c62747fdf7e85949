//! Gives changed unit files to real quadlet generators: `e2e_quadlet GENERATOR…`.
//!
//! Each fixture set is repaired and gets its variables by a drop-in, by marked blocks, then by
//! podman's secrets; the generator has to make every unit, with `--env=NAME` or the secret and the
//! value, and without a broken `--env-file`. A set
//! that a generator refuses unedited is skipped, with the reason that it gives.

mod generated;
mod sets;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use datalake_core::host::HostPath;
use datalake_quadlet::generator::{Expected, UnitVerdict, check_unit};
use datalake_quadlet::{
    DROP_IN_NAME, S3_VARIABLES, UnitFile, drop_in, insert_blocks, remove_blocks, repair_unit,
    secret_drop_in,
};

use self::generated::{Generated, generate};
use self::sets::{Set, accepted_sets, sets};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Has a blank and a percent sign, which must reach systemd as they are meant.
const ENV_FILE: &str = "/var/lib/dagster/my config/100%/s3.env";

/// A variable, and the secret of podman's that gives it a value.
const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "datalake-s3-secret-access-key");

/// Variables with the characters that unit files and systemd's commands treat specially.
const VALUES: [(&str, &str); 3] = [
    ("AWS_ENDPOINT_URL_S3", "https://fsn1.your-objectstorage.com:443/a,b"),
    ("AWS_REGION", "a b \"c\" \\ 'd'"),
    ("DAGSTER_S3_BUCKET", "100%h $HOME"),
];

/// The same as they have to stand in the command: systemd takes one of two away.
const AS_WRITTEN: [&str; 3] = [VALUES[0].1, VALUES[1].1, "100%%h $$HOME"];

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
    Secrets,
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
        for way in [Way::DropIn, Way::Blocks, Way::Secrets] {
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
        let verdict = check_unit(&generated.output, &path, &S3_VARIABLES.map(Expected::Env));
        let plain = check_unit(&generated.output, &path, &[]);
        let is_broken = set.name == "seed-broken" && !unit.contains("postgres");
        let right = matches!(verdict, Err(UnitVerdict::NotHandedOver { .. }))
            && matches!(plain, Err(UnitVerdict::DashedEnvFile { .. })) == is_broken;
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
        let sound = bare.then(&repair_unit(&bare.unit(), &S3_VARIABLES));
        let text = match way {
            Way::DropIn => {
                let path = format!("{unit}.d/{DROP_IN_NAME}");
                files.insert(path, drop_in(&env_file, &S3_VARIABLES)?);
                sound.text().to_owned()
            }
            Way::Secrets => {
                let path = format!("{unit}.d/{DROP_IN_NAME}");
                files.insert(path, secret_drop_in(&[(SECRET.0, &SECRET.1.parse()?)], &VALUES)?);
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
        let name = match way {
            Way::DropIn => "drop-in",
            Way::Blocks => "blocks",
            Way::Secrets => "secrets",
        };
        tally.count(&format!("{label} {name} {unit}"), judge_unit(&generated, (unit, way)));
    }
    Ok(())
}

fn judge_unit(generated: &Generated, (unit, way): (&str, Way)) -> Result<(), String> {
    let path = generated.path(unit);
    let expected = match way {
        Way::DropIn | Way::Blocks => S3_VARIABLES.map(Expected::Env).to_vec(),
        Way::Secrets => {
            let secret = Expected::Secret { variable: SECRET.0, secret: SECRET.1 };
            let value = |(name, _): (&'static str, _), read| Expected::Value(name, read);
            let values = VALUES.into_iter().zip(AS_WRITTEN).map(|(pair, read)| value(pair, read));
            [secret].into_iter().chain(values).collect()
        }
    };
    check_unit(&generated.output, &path, &expected).map_err(|verdict| verdict.to_string())?;
    let made = generated.output.made_from(&path).ok_or("no unit")?;
    let command = made.command().unwrap_or_default();
    if let Way::Secrets = way {
        return Ok(());
    }
    let env_file = format!("-{}", ENV_FILE.replace('%', "%%"));
    if !made.file.values("Service", "EnvironmentFile").contains(&env_file.as_str()) {
        return Err("the env file is not the one that was meant".to_owned());
    }
    let fixed = S3_VARIABLES.iter().find(|name| {
        let value = format!("{name}=");
        let heads = ["", "--env=", "-e=", "-e"].map(|head| format!("{head}{value}"));
        let secret = format!("target={name}");
        let gives = |word: &String| {
            heads.iter().any(|head| word.starts_with(head)) || word.ends_with(&secret)
        };
        command.iter().any(gives)
    });
    fixed.map_or(Ok(()), |name| Err(format!("`{name}` still has a value in the unit")))
}
