//! `modal`: the secret, the functions and the apps in Modal.

mod check;
mod functions;
mod secret;

use crate::args::Cli;
use crate::args::modal::Modal;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[
    functions::MODAL_DEPLOY,
    functions::MODAL_INIT,
    functions::MODAL_ROLLOVER,
    secret::MODAL_SECRET,
    secret::MODAL_SECRET_RUN,
];

pub(super) async fn modal(cli: &Cli, what: &Modal, printer: Printer) -> Result<Exit, Failure> {
    match what {
        Modal::Secret { what } => secret::secret(cli, what, printer).await,
        Modal::Init(flags) => functions::init(cli, flags, printer).await,
        Modal::Deploy(flags) => functions::deploy(cli, flags, printer).await,
        Modal::Rollover(flags) => functions::rollover(cli, flags, printer).await,
        Modal::Check(flags) => check::check(cli, flags, printer).await,
    }
}
