//! `init`: asks what only the operator knows, and writes a commented `datalake.yaml`.

use std::io::IsTerminal;
use std::path::PathBuf;

use datalake_core::{BucketName, SpecDocument};
use datalake_host::Existing;

use crate::args::{self, Cli};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::render::{DocumentKind, Printer, printable};
use crate::site::own_name;

pub(super) const INIT: DocumentKind = DocumentKind::of::<SpecDocument>("init");

pub(super) fn init(cli: &Cli, flags: &args::Init, printer: Printer) -> Result<Exit, Failure> {
    let path = cli.place.config.clone().unwrap_or_else(|| PathBuf::from("datalake.yaml"));
    let name = printable(&path.display().to_string());
    if named_path::is_taken(&path) && !flags.force {
        return Err(Failure::new(Exit::Usage, format!("`{name}` is there already"))
            .hint("add --force to replace it"));
    }
    let may_ask = !cli.place.no_input && std::io::stdin().is_terminal();
    let document = answered(cli, may_ask)?;
    document.clone().check()?;
    let existing = if flags.force { Existing::IsReplaced } else { Existing::Stays };
    named_path::write_file(&path, text(&document).as_bytes(), existing)?;
    printer.result(
        INIT,
        &document,
        &format!("Wrote {name}.\n\nNext: {} provision --dry-run\n", own_name(cli)),
    );
    Ok(Exit::Done)
}

/// The flags' values, with questions for those that have no default.
fn answered(cli: &Cli, may_ask: bool) -> Result<SpecDocument, Failure> {
    let values = &cli.values;
    let mut document = SpecDocument::defaults();
    document.endpoint.clone_from(&values.endpoint);
    document.region = match (&values.region, &values.endpoint) {
        (Some(region), _) => Some(region.clone()),
        (None, Some(_)) => None,
        (None, None) if may_ask => Some(ask_region()?),
        (None, None) => return Err(unanswered("--region")),
    };
    document.bucket = match &values.bucket {
        Some(bucket) => Some(bucket.clone()),
        None if may_ask => Some(ask_bucket()?),
        None => return Err(unanswered("--bucket")),
    };
    document.prefix = values.prefix.clone().or(document.prefix);
    document.host.user = values.user.clone().or(document.host.user);
    if !values.units.is_empty() {
        document.host.units = Some(values.units.clone());
    }
    document.host.handover.clone_from(&values.handover);
    Ok(document)
}

fn unanswered(flag: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{flag} is needed, and nobody is there to ask"))
}

fn ask_region() -> Result<String, Failure> {
    let regions = vec!["fsn1  Falkenstein", "nbg1  Nuremberg", "hel1  Helsinki"];
    let chosen = inquire::Select::new("Where shall the bucket lie?", regions).prompt();
    let chosen = chosen.map_err(|error| Failure::of(Exit::Interrupted, &error))?;
    Ok(chosen.split(' ').next().unwrap_or_default().to_owned())
}

fn ask_bucket() -> Result<String, Failure> {
    let question = "What shall the bucket be called? (names are shared by all customers)";
    let valid = |text: &str| {
        Ok(match text.parse::<BucketName>() {
            Ok(_) => inquire::validator::Validation::Valid,
            Err(error) => inquire::validator::Validation::Invalid(error.to_string().into()),
        })
    };
    let answer = inquire::Text::new(question).with_validator(valid).prompt();
    answer.map_err(|error| Failure::of(Exit::Interrupted, &error))
}

/// The document with a comment on each key.
fn text(document: &SpecDocument) -> String {
    let word = |text: &Option<String>| {
        serde_json::to_string(text.as_deref().unwrap_or_default()).unwrap_or_default()
    };
    let plain = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default();
        let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
            && !text.ends_with(':')
            && !["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str());
        if safe { text.to_owned() } else { word(&Some(text.to_owned())) }
    };
    let place = match (&document.region, &document.endpoint) {
        (region, Some(_)) => {
            let region = region.as_ref().map(|_| format!("region: {}\n", plain(&document.region)));
            format!("endpoint: {}\n{}", word(&document.endpoint), region.unwrap_or_default())
        }
        (_, None) => format!("region: {}\n", plain(&document.region)),
    };
    let handover = document.host.handover.as_ref().map(|_| plain(&document.host.handover));
    let handover = handover.map(|way| format!(", handover: {way}")).unwrap_or_default();
    let units: Vec<_> =
        document.host.units.iter().flatten().map(|u| plain(&Some(u.clone()))).collect();
    format!(
        "# What datalake sets up. `datalake config explain` shows every key and its source.\n\n\
         # fsn1, nbg1 or hel1; for another S3 service give endpoint: https://… and its region.\n\
         {place}\n\
         # Unique among all customers: put your company's name in front.\n\
         bucket: {}\n\n\
         # What the keys of the assets begin with.\n\
         prefix: {}\n\n\
         # from: env reads AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or file: PATH (mode 0600),\n\
         # or command: [pass, show, hetzner]. Never the keys themselves.\n\
         credentials: {{ from: env }}\n\n\
         # The user whose rootless podman runs Dagster, and the quadlet units that need the bucket.\n\
         # handover: env-file, podman-secret or in-place; unless said, the installed podman decides.\n\
         host: {{ user: {}, units: [{}]{handover} }}\n\n\
         # Overwritten and deleted objects stay for 30 days, unfinished uploads for 7; `off` for ever.\n\
         protect: {{ versioning: true, keep-old-versions: 30d, abort-uploads: 7d }}\n",
        plain(&document.bucket),
        plain(&document.prefix),
        plain(&document.host.user),
        units.join(", "),
    )
}
