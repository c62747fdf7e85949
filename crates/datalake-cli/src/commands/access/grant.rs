//! `access grant`: a role written into the spec.

use std::path::PathBuf;

use datalake_core::spec::SpecDocument;
use datalake_core::text::printable;
use datalake_host::Existing;
use datalake_operations::access::{RoleWish, SpecWithRole, write_role};

use super::ACCESS_GRANT;
use crate::args::Cli;
use crate::args::access::AccessGrant;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::Printer;
use crate::site::own_name;

/// A spec is no longer than this.
const LARGEST: u64 = 1 << 20;

pub(super) fn grant_role(
    cli: &Cli,
    flags: &AccessGrant,
    printer: Printer,
) -> Result<Exit, Failure> {
    let path = cli.place.config.clone().unwrap_or_else(|| PathBuf::from("datalake.yaml"));
    let text = named_path::read_text(&path, LARGEST)?;
    let wish = RoleWish {
        name: flags.name.clone(),
        project: flags.project.clone(),
        key: flags.key.clone(),
        preset: flags.preset,
        words: flags.rights.clone(),
    };
    let written = write_role(&wish, &text)?;
    require_only_the_role(&text, &written)?;
    let (name, line) = (printable(&path.display().to_string()), &written.role.line);
    if flags.dry_run {
        let shown = format!("{name} would have below access:\n  {line}\nNothing was changed.\n");
        printer.result(ACCESS_GRANT, &written.role, &shown);
        return Ok(Exit::Drift);
    }
    named_path::write_file(&path, written.text.as_bytes(), Existing::IsReplaced)?;
    let shown = format!(
        "Wrote below access: in {name}:\n  {line}\n\nNothing is stored yet. Next: {} access apply\n",
        own_name(cli)
    );
    printer.result(ACCESS_GRANT, &written.role, &shown);
    Ok(Exit::Done)
}

/// The new text is the old one and the role: whatever a clever way of writing YAML makes of a line more.
fn require_only_the_role(old: &str, written: &SpecWithRole) -> Result<(), Failure> {
    let read = |text: &str| serde_yaml::from_str::<SpecDocument>(text);
    let by_hand = || {
        Failure::new(Exit::Config, "the spec cannot be added to without changing something else")
            .hint(format!("add below `access:` by hand: {}", written.role.line))
    };
    let old = if old.trim().is_empty() { Ok(SpecDocument::default()) } else { read(old) };
    let (Ok(old), Ok(mut new)) = (old, read(&written.text)) else { return Err(by_hand()) };
    if old.access.contains_key(&written.role.role) {
        let message = format!("role `{}` is there already", written.role.role);
        return Err(Failure::new(Exit::Usage, message).hint("change it in the spec, or give --name NAME"));
    }
    if new.access.remove(&written.role.role).is_none() || new != old {
        return Err(by_hand());
    }
    Ok(())
}
