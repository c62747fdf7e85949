//! `ls`: keys, printed as their pages come.

use std::io::IsTerminal;

use datalake_operations::lake::{ListingReach, ListingTotals, ObjectListing};

use super::listed::{KeyForm, PrintedListing};
use crate::args::{Cli, objects::Ls};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, Printer, Rows, counted, size};

pub(super) const LS_END: DocumentKind = DocumentKind::of::<ListingTotals>("ls-end");

pub(in crate::commands) async fn ls(
    cli: &Cli,
    flags: &Ls,
    printer: Printer,
) -> Result<Exit, Failure> {
    let form = choose_form(flags, printer)?;
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.client().parse_pattern(&flags.keys, flags.no_glob)?;
    let mut printed = PrintedListing { rows: Rows::new(printer), form };
    let listing = ObjectListing {
        bucket: &bucket,
        pattern: &pattern,
        named: &flags.keys.key,
        reach: ListingReach { recursive: flags.recursive, versions: flags.versions },
    };
    let totals = listing.list(&remote.lake(), &mut printed).await?;
    if printer.is_json() {
        printed.rows.row(LS_END, totals, String::new);
    } else if flags.long {
        printed.rows.flush();
        printer.talk(&format!("{}, {}", counted(totals.objects, "object"), size(totals.bytes)));
    }
    Ok(Exit::Done)
}

fn choose_form(flags: &Ls, printer: Printer) -> Result<KeyForm, Failure> {
    if !flags.null {
        return Ok(if flags.long { KeyForm::Long } else { KeyForm::Short });
    }
    if printer.is_json() {
        return Err(Failure::new(Exit::Usage, "--null and --json are two forms: choose one"));
    }
    if std::io::stdout().is_terminal() {
        return Err(Failure::new(Exit::Usage, "unescaped keys are not for a terminal")
            .hint("--null is for programs: `datalake ls -r -0 tmp/ | xargs -0 …`"));
    }
    Ok(KeyForm::Null)
}
