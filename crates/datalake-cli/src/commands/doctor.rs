//! `doctor`: observe and diagnose.

mod fix;

use datalake_core::doctor::{DiagnosisVerdict, diagnose};

use crate::args::{self, Cli};
use crate::doctor::examine_site;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DoctorReport, DocumentKind, FindingPage, Printer, diagnosis, finding_page};
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
    let report = DoctorReport::of(&found, flags.only, &site.name);
    printer.result(DOCTOR, &report, &diagnosis(&report, printer.has_colour()));
    Ok(choose_exit(found.verdict(flags.only)))
}

/// 3 for findings, 5 where something could not be learned: unknown is never sound.
pub(super) fn choose_exit(verdict: DiagnosisVerdict) -> Exit {
    match verdict {
        DiagnosisVerdict::Sound => Exit::Done,
        DiagnosisVerdict::Unknown => Exit::Partly,
        DiagnosisVerdict::Findings => Exit::Drift,
    }
}
