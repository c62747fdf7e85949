//! `usage`: the history of what a bucket held and of what left it.

mod egress;
mod record;
mod show;

use crate::args::Cli;
use crate::args::cost::UsageCommand;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DocumentKind, Printer};

pub(in crate::commands) use egress::note_download;

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] =
    &[egress::USAGE_EGRESS, record::USAGE_SAMPLE, show::USAGE_HISTORY];

pub(super) async fn usage(
    cli: &Cli,
    what: &UsageCommand,
    printer: Printer,
) -> Result<Exit, Failure> {
    match what {
        UsageCommand::Record(flags) => record::record(cli, flags, printer).await,
        UsageCommand::Egress(flags) => egress::change_egress(cli, flags, printer).await,
        UsageCommand::Show(flags) => show::show(cli, flags, printer).await,
    }
}
