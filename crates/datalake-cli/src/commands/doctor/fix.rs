//! `doctor --fix`: the cure by the road that changes always go.

use datalake_core::doctor::{
    CheckOutcome, Diagnosis, Finding, FindingId, Remedy, Skipped, diagnose,
};
use datalake_core::time::Days;

use crate::advice::words_of;
use crate::args::{self, Cli};
use crate::commands::{bucket, dagster, provision};
use crate::doctor::examine_site;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::DocumentKind;
use crate::site::Site;

pub(super) const DOCTOR_FIX: DocumentKind = DocumentKind::of::<Fixed>("doctor-fix");

/// Looks at the group of the finding, and cures it where it is there.
pub(super) async fn fix(
    cli: &Cli,
    flags: &args::doctor::Doctor,
    id: FindingId,
    site: &Site,
) -> Result<Exit, Failure> {
    let seen = examine_site(site, Some(id.group()), &flags.code).await;
    let found = diagnose(&seen);
    match found.of(id) {
        CheckOutcome::Sound(seen) => {
            let text = format!("Nothing to cure: {id} is sound: {seen}\n");
            site.printer.result(DOCTOR_FIX, Fixed { id: id.as_str(), is_sound: true }, &text);
            Ok(Exit::Done)
        }
        CheckOutcome::Finding(finding) => {
            tell_cured_too(&found, id, site);
            cure_finding(cli, flags, finding, site).await
        }
        CheckOutcome::Skipped(Skipped::After(root)) => {
            let message = format!("{id} was not looked at: {root} comes before it");
            Err(Failure::new(Exit::Config, message)
                .hint(format!("{} doctor --fix {root}", site.name)))
        }
        CheckOutcome::Skipped(Skipped::NotHere(reason)) => {
            let text = format!("Nothing to cure: {id} says nothing here: {reason}\n");
            site.printer.result(DOCTOR_FIX, Fixed { id: id.as_str(), is_sound: true }, &text);
            Ok(Exit::Done)
        }
        CheckOutcome::Unknown(reason) => {
            Err(Failure::new(Exit::Partly, format!("the state of {id} is unknown: {reason}")))
        }
    }
}

/// Tells what else the cure does away with.
fn tell_cured_too(found: &Diagnosis, id: FindingId, site: &Site) {
    let others: Vec<_> = found.cured_with(id).into_iter().map(FindingId::as_str).collect();
    if !others.is_empty() {
        site.printer.talk(&format!("The same plan also cures {}.", others.join(", ")));
    }
}

/// What came of it, for programs.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Fixed {
    /// The check.
    id: &'static str,
    /// Whether it is sound now.
    is_sound: bool,
}

async fn cure_finding(
    cli: &Cli,
    flags: &args::doctor::Doctor,
    finding: &Finding,
    site: &Site,
) -> Result<Exit, Failure> {
    let printer = site.printer;
    finding.evidence.iter().for_each(|line| printer.talk(&datalake_core::text::printable(line)));
    let (dry_run, yes) = (flags.dry_run, flags.yes);
    match finding.id.remedy() {
        Remedy::Provision => {
            let environment_host = match finding.id {
                FindingId::HostOldValues => args::EnvironmentHost::Remove,
                _ => args::EnvironmentHost::Keep,
            };
            let replace = false;
            let flags =
                args::Provision { dry_run, yes, no_restart: false, environment_host, replace };
            provision::provision(cli, &flags, printer).await
        }
        Remedy::Dependencies => {
            let wish = args::DepsWish { modal: false, frames: None, python: None };
            let what = if dry_run {
                args::Deps::Plan(wish)
            } else {
                let (index_url, pip_conf, wheels) = (None, None, None);
                args::Deps::Apply(args::DepsApply { wish, yes, index_url, pip_conf, wheels })
            };
            dagster::dagster(cli, &args::DagsterCommand::Deps { what }, printer).await
        }
        Remedy::Restart if dry_run => {
            printer.text(&format!("Nothing was changed. Next: {} dagster restart\n", site.name));
            Ok(Exit::Drift)
        }
        Remedy::Restart => {
            let chosen = args::Chosen { word: None };
            dagster::dagster(cli, &args::DagsterCommand::Restart(chosen), printer).await
        }
        Remedy::AbortUploads => {
            let named = args::bucket::Named { bucket: None };
            let older_than = Days::new(1).ok();
            let which = args::bucket::UploadsList { named, older_than };
            let what = if dry_run {
                args::bucket::UploadsCommand::List(which)
            } else {
                args::bucket::UploadsCommand::Abort(args::bucket::UploadsAbort { which, yes })
            };
            bucket::bucket(cli, &args::bucket::BucketCommand::Uploads { what }, printer).await
        }
        Remedy::Person => {
            let text = format!(
                "A person has to do this: {}\nMore: {} doctor --explain {}\n",
                words_of(&finding.cure),
                site.name,
                finding.id
            );
            printer.result(DOCTOR_FIX, Fixed { id: finding.id.as_str(), is_sound: false }, &text);
            Ok(Exit::Drift)
        }
    }
}
