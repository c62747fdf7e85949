//! Where the spec and datalake's own folder lie, and how a place is named.

use std::path::{Path, PathBuf};

use datalake_core::fault::{Fault, FaultKind, Target};
use datalake_core::host::HostPath;
use datalake_core::text::{printable, quote_word};
use datalake_host::TrustedUsers;

use crate::args::Cli;
use crate::args::modal::named_environment;
use crate::exit::Exit;
use crate::failure::Failure;

/// How this very place, and what was asked for on the command line, is named in the next command
/// that we suggest.
pub(crate) fn own_name(cli: &Cli) -> String {
    let (place, values) = (&cli.place, &cli.values);
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let mut flags = vec![
        ("root", path(&place.root)),
        ("state", path(&place.state)),
        ("config", path(&place.config)),
        ("region", values.region.clone()),
        ("endpoint", values.endpoint.clone()),
        ("bucket", values.bucket.clone()),
        ("prefix", values.prefix.clone()),
        ("tables-bucket", values.tables_bucket.clone()),
        ("user", values.user.clone()),
    ];
    #[cfg(feature = "sandbox")]
    flags.insert(0, ("sandbox", path(&place.sandbox)));
    flags.extend(values.units.iter().map(|unit| ("unit", Some(unit.clone()))));
    flags.push(("handover", values.handover.clone()));
    flags.push(("credentials-file", values.credentials_file.clone()));
    let given = flags.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
    let given = given.map(|(flag, value)| format!(" --{flag}={}", quote_word(&printable(&value))));
    format!("datalake{}", given.collect::<String>())
}

/// The same for `modal` and what comes behind it.
pub(crate) fn name_modal(cli: &Cli) -> String {
    let environment = named_environment(&cli.command);
    let environment = environment.map(|name| format!(" --env {}", quote_word(&printable(name))));
    format!("{} modal{}", own_name(cli), environment.unwrap_or_default())
}

pub(super) fn at_folder(folder: &Path) -> impl Fn(Fault) -> Failure {
    let name = format!("folder `{}`", folder.display());
    move |fault| {
        let target = "/".parse::<HostPath>().map_or(Target::Service, Target::Path);
        let mut failure = Failure::at(&target, &fault);
        if matches!(fault.kind, FaultKind::Unreadable | FaultKind::TooLarge) {
            failure.messages =
                vec![name.clone(), "a file in it cannot be used".to_owned(), fault.detail];
            return failure
                .hint("without that file its run is forgotten: move it away only if need be");
        }
        if let Some(first) = failure.messages.first_mut() {
            first.clone_from(&name);
        }
        failure
    }
}

/// The same for datalake's own folder, which may be another one.
pub(super) fn at_state(folder: &Path) -> impl Fn(Fault) -> Failure {
    let at_folder = at_folder(folder);
    move |fault| {
        let is_denied = fault.kind == FaultKind::Denied;
        let mut failure = at_folder(fault);
        if is_denied {
            failure.hints.clear();
            return failure.hint(
                "run it as the folder's owner, or name a folder for datalake that only you may \
                 write to: `--state DIR`",
            );
        }
        failure
    }
}

/// The state folder that is named, the sandbox's own, or the usual one.
///
/// # Errors
///
/// As for [`default_state`].
pub(super) fn choose_state_path(
    cli: &Cli,
    sandbox: Option<&Path>,
    root: Option<&Path>,
) -> Result<PathBuf, Failure> {
    match (&cli.place.state, sandbox) {
        (Some(state), _) => Ok(state.clone()),
        (None, Some(dir)) => Ok(dir.join("state")),
        (None, None) => default_state(root),
    }
}

/// `/var/lib/datalake` for root and below a given root; the user's state folder otherwise.
fn default_state(root: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(root) = root {
        return Ok(root.join("var/lib/datalake"));
    }
    // Root of a user namespace only (`unshare -Ur`) is the same user as before, with the same home.
    if TrustedUsers::of_process().owns_machine() {
        return Ok(PathBuf::from("/var/lib/datalake"));
    }
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let below_home = || absolute("HOME").map(|home| home.join(".local/state"));
    absolute("XDG_STATE_HOME").or_else(below_home).map(|state| state.join("datalake")).ok_or_else(
        || {
            let fault = Fault::new(FaultKind::Absent, "neither XDG_STATE_HOME nor HOME is set");
            Failure::of(Exit::Config, &fault).hint("give --state DIR")
        },
    )
}

pub(super) fn spec_files(cli: &Cli, root: &Path) -> (Vec<PathBuf>, Option<PathBuf>) {
    let absolute =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let user =
        absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    let mut files = vec![root.join("etc/datalake/datalake.yaml")];
    files.extend(user.map(|config| config.join("datalake/datalake.yaml")));
    match &cli.place.config {
        Some(named) => (files, Some(named.clone())),
        None => {
            files.push(PathBuf::from("datalake.yaml"));
            (files, None)
        }
    }
}
