//! `access grant`: a role written into the spec.

use std::path::PathBuf;

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
    let mut keys = Vec::new();
    if flags.key_file.is_some() {
        let spec = Site::open(cli, printer).await?.store_spec()?;
        keys = read_key_files(&spec, flags.key_file.as_slice())?;
    }
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
    let parse = |text: &str| serde_yaml::from_str::<serde_json::Value>(text).ok();
    written.require_only_the_role(parse(&text), parse(&written.text))?;
    let name = printable(&path.display().to_string());
    if flags.dry_run {
        printer.result(ACCESS_GRANT, &written.role, &written.role.describe_plan(&name));
        return Ok(Exit::Drift);
    }
    named_path::write_file(&path, written.text.as_bytes(), Existing::IsReplaced)?;
    let shown = written.role.describe_writing(&name, &own_name(cli));
    printer.result(ACCESS_GRANT, &written.role, &shown);
    Ok(Exit::Done)
}
