//! `doctor`: observe and diagnose.

mod fix;

use datalake_core::doctor::{DiagnosisVerdict, diagnose};
use datalake_operations::Advice;

use crate::advice::{named_for, words_of};
use crate::args::{self, Cli};
use crate::doctor::examine_site;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{
    DoctorReport, DoctorView, DoctorWording, DocumentKind, FindingPage, Printer, finding_page,
    render_diagnosis,
};
use crate::site::{Site, own_name};

pub(super) const DOCTOR: DocumentKind = DocumentKind::of::<DoctorReport>("doctor");
pub(super) const DOCTOR_PAGE: DocumentKind = DocumentKind::of::<FindingPage>("doctor-page");

/// The documents of these commands.
pub(super) const KINDS: &[DocumentKind] = &[DOCTOR, DOCTOR_PAGE, fix::DOCTOR_FIX];

pub(super) async fn doctor(
    cli: &Cli,
    flags: &args::doctor::Doctor,
    printer: Printer,
) -> Result<Exit, Failure> {
    if let Some(id) = flags.explain {
        // Works offline and without a spec: nothing is opened.
        let (text, report) = finding_page(id, &own_name(cli));
        printer.result(DOCTOR_PAGE, report, &text);
        return Ok(Exit::Done);
    }
    let site = Site::open(cli, printer).await?;
    if let Some(id) = flags.fix {
        return Box::pin(fix::fix(cli, flags, id, &site)).await;
    }
    let seen = examine_site(&site, flags.only, &flags.code).await;
    let found = diagnose(&seen);
    let is_bare = flags.only.is_none() && site.settings.document().is_bare();
    show_diagnosis(&site, is_bare, |wording| DoctorReport::report_on(&found, flags.only, wording));
    Ok(choose_exit(found.verdict(flags.only)))
}

/// Prints a diagnosis, worded for this place.
pub(super) fn show_diagnosis(
    site: &Site,
    is_bare: bool,
    report: impl FnOnce(&DoctorWording<'_>) -> DoctorReport,
) {
    let (program, printer) = (site.name.as_str(), site.printer);
    let describe_cure = |cure: &Advice| named_for(&words_of(cure), program);
    let report = report(&DoctorWording { program, describe_cure: &describe_cure, is_bare });
    let view = DoctorView { is_whole: printer.is_verbose(), has_colour: printer.has_colour() };
    printer.result(DOCTOR, &report, &render_diagnosis(&report, view));
}

/// 3 for findings, 5 where something could not be learned: unknown is never sound.
pub(super) fn choose_exit(verdict: DiagnosisVerdict) -> Exit {
    match verdict {
        DiagnosisVerdict::Sound => Exit::Done,
        DiagnosisVerdict::Unknown => Exit::Partly,
        DiagnosisVerdict::Findings => Exit::Drift,
    }
}
