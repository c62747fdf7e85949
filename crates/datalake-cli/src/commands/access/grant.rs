//! `access grant`: a role written into the spec.

use std::path::PathBuf;

use datalake_core::spec::SpecDocument;
use datalake_core::text::printable;
use datalake_host::Existing;
use datalake_operations::access::{RoleWish, find_role_project, write_role};

use super::keys::{KeyFile, read_key_files};
use super::{ACCESS_GRANT, LARGEST};
use crate::args::Cli;
use crate::args::access::AccessGrant;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::Printer;
use crate::site::{Site, own_name};

pub(super) async fn grant_role(
    cli: &Cli,
    flags: &AccessGrant,
    printer: Printer,
) -> Result<Exit, Failure> {
    let path = cli.place.config.clone().unwrap_or_else(|| PathBuf::from("datalake.yaml"));
    let text = named_path::read_text(&path, LARGEST)?;
    let keys = match &flags.key_file {
        Some(file) => {
            let spec = Site::open(cli, printer).await?.store_spec()?;
            read_key_files(&spec, std::slice::from_ref(file))?
        }
        None => Vec::new(),
    };
    let at_hand = keys.first().map(KeyFile::as_restricted);
    let project = find_role_project(&flags.key, flags.project.as_ref(), at_hand).await?;
    let wish = RoleWish {
        name: flags.name.clone(),
        project,
        key: flags.key.clone(),
        preset: flags.preset,
        words: flags.rights.clone(),
    };
    let written = write_role(&wish, &text)?;
    // By way of JSON, as the spec is read: YAML alone wants a tag before `file:` and its like.
    let parse = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).ok();
    let read = |text: &str| serde_json::from_value::<Option<SpecDocument>>(parse(text)?).ok();
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
