//! `access grant`: a role written into the spec.

use std::path::PathBuf;

use datalake_core::spec::SpecDocument;
use datalake_core::text::printable;
use datalake_host::Existing;
use datalake_operations::access::{RoleWish, write_role};

use super::{ACCESS_GRANT, LARGEST};
use crate::args::Cli;
use crate::args::access::AccessGrant;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::Printer;
use crate::site::own_name;

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
    let read = |text: &str| serde_yaml::from_str::<Option<SpecDocument>>(text).ok();
    let read = |text: &str| read(text).map(Option::unwrap_or_default);
    written.require_only_the_role(read(&text), read(&written.text))?;
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
