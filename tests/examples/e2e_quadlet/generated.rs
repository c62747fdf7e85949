//! A generator, asked about unit files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use datalake_quadlet::generator::GeneratorOutput;

use super::Outcome;

const TIME_LIMIT: Duration = Duration::from_secs(20);

/// What a generator made of the files in a folder.
pub(super) struct Generated {
    pub(super) folder: PathBuf,
    pub(super) output: GeneratorOutput,
}

impl Generated {
    /// The service that was made from the unit file `unit`.
    pub(super) fn service(&self, unit: &str) -> Option<String> {
        Some(self.output.made_from(&self.path(unit))?.name.clone())
    }

    pub(super) fn path(&self, unit: &str) -> String {
        self.folder.join(unit).display().to_string()
    }
}

pub(super) fn generate(generator: &Path, files: &BTreeMap<String, String>) -> Outcome<Generated> {
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
