//! The lanes: tests against the real programs. Each lane's script installs what it needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failed, run, say};

const LANES: &str = "tests/e2e";

pub(crate) fn e2e(lanes: &[String]) -> Result<(), Failed> {
    let known = known()?;
    if lanes.is_empty() {
        say(&format!("lanes: {}", known.join(", ")));
        return Ok(());
    }
    for lane in lanes {
        if !known.contains(lane) {
            return Err(Failed::usage(&format!(
                "no lane `{lane}`; there are {}",
                known.join(", ")
            )));
        }
        let script = Path::new(LANES).join(lane).join("run.sh");
        run(Command::new("bash").arg(script), &format!("e2e {lane}"))?;
    }
    Ok(())
}

fn known() -> Result<Vec<String>, Failed> {
    let failed = |error| Failed::new(format!("{LANES}: {error}"));
    let folders: Result<Vec<PathBuf>, _> =
        std::fs::read_dir(LANES).map_err(failed)?.map(|entry| entry.map(|e| e.path())).collect();
    let mut names: Vec<String> = folders
        .map_err(failed)?
        .iter()
        .filter(|folder| folder.join("run.sh").exists())
        .filter_map(|folder| Some(folder.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}
