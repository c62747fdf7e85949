//! `-`: standard input into an object, and objects to standard output.

use std::path::Path;

use datalake_host::read_standard_input;
use datalake_operations::transfer::{StreamedObject, TransferChoices};

use super::run::{end_of, show_end, with_beats};
use super::teller::Teller;
use crate::args::{Address, Cli, objects::Cat};
use crate::commands::objects::cat;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{Printer, TransferState, key_text};
use crate::stop::{Charge, asked};

/// Prints objects as `cat` does.
///
/// # Errors
///
/// [`Failure`] where not all of a content came.
pub(super) async fn print_objects(
    cli: &Cli,
    keys: Vec<Address>,
    printer: Printer,
) -> Result<Exit, Failure> {
    cat(cli, &Cat { keys, version_id: None, range: None }, printer).await
}

/// Makes an object of standard input.
///
/// # Errors
///
/// [`Failure`] where not all of the content arrived.
pub(super) async fn store_input(
    remote: Remote,
    dest: &Address,
    choices: &TransferChoices,
    report: Option<&Path>,
) -> Result<Exit, Failure> {
    let (printer, records) = (remote.site.printer, remote.site.record_folders());
    let (bucket, key) = StreamedObject::read_key(&remote.client(), dest)?;
    let options = choices.choose_options(&remote.transfers(&records))?;
    let remote = remote.within(&options.limits);
    let state = TransferState {
        source: "standard input".to_owned(),
        destination: format!("s3://{bucket}/{}", key_text(key.as_str())),
        dry_run: options.dry_run,
        ..TransferState::default()
    };
    let teller = Teller::new(printer, report, state)?;
    let object = StreamedObject {
        context: &remote.transfers(&records),
        bucket: &bucket,
        key: &key,
        options: &options,
        reporter: &teller,
    };
    // The upload is given up before the end.
    let _charge = Charge::take();
    let sending = Box::pin(object.store(read_standard_input(), asked()));
    let ended = with_beats(sending, &teller).await;
    let state = teller.finish()?;
    show_end(printer, &state);
    ended?;
    end_of(&state, teller.failures())
}
