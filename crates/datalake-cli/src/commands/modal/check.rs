//! `modal check`: the part of `doctor` that is about Modal, and files of one's own.

use datalake_core::doctor::{Examination, FindingId, Group, diagnose};
use datalake_engine::Clock;

use super::super::doctor::exit;
use crate::args::Cli;
use crate::args::modal::Check;
use crate::commands::doctor::DOCTOR;
use crate::doctor::{Asked, look_at_files, look_at_modal};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DoctorReport, Printer, diagnosis};
use crate::site::Site;

pub(super) async fn check(cli: &Cli, flags: &Check, printer: Printer) -> Result<Exit, Failure> {
    let site = Site::open(cli, printer).await?;
    let mut seen = Examination::nothing(site.clock.now());
    look_at_modal(&site, Asked::Always, &mut seen).await;
    look_at_files(&flags.files, &mut seen)?;
    let found = diagnose(&seen);
    let has_files = !flags.files.is_empty();
    let is_chosen = |id: FindingId| {
        id.group() == Group::Modal || has_files && id == FindingId::PythonModalWords
    };
    let report = DoctorReport::chosen(&found, &is_chosen, &site.name);
    printer.result(DOCTOR, &report, &diagnosis(&report, printer.has_colour()));
    Ok(exit(found.verdict_of(is_chosen)))
}
