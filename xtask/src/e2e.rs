//! The lanes: tests against the real programs. Each lane's script installs what it needs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Failed, run, say};

const LANES: &str = "tests/e2e";

/// Runs lanes one after the other; words behind `--` go to each one's script.
pub(crate) fn e2e(words: &[String]) -> Result<(), Failed> {
    let mut sides = words.splitn(2, |word| word == "--");
    let (lanes, parts) = (sides.next().unwrap_or_default(), sides.next().unwrap_or_default());
    let known = known()?;
    if lanes.is_empty() {
        say(&format!("lanes: {}", known.join(", ")));
        return Ok(());
    }
    if let Some(lane) = lanes.iter().find(|lane| !known.contains(lane)) {
        let known = known.join(", ");
        return Err(Failed::usage(&format!("no lane `{lane}`; there are {known}")));
    }
    for lane in lanes {
        let script = Path::new(LANES).join(lane).join("run.sh");
        run(Command::new("bash").arg(script).args(parts), &format!("e2e {lane}"))?;
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
