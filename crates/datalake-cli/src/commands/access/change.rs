//! `access apply`, `prove`, `adopt` and `reset`.

use std::path::PathBuf;

use datalake_core::policy::ProofPace;
use datalake_engine::{NoDagster, RetryingStore, recover};
use datalake_operations::access::{
    AccessGoal, AccessProofReport, AccessProver, AccessRun, Adoption, AppliedAccess, plan_access,
};

use super::keys::{KeyFile, read_key_files};
use super::{ACCESS_ADOPTION, ACCESS_PROOF, ACCESS_RUN};
use crate::args::Cli;
use crate::args::access::{AccessAdopt, AccessChange, AccessProve};
use crate::commands::reporter::Reporter;
use crate::commands::{PlanApproval, confirmed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::Printer;
use crate::silence::show_elapsed;
use crate::site::RETRY_BUDGET;
use crate::stop::{Charge, is_asked};

/// What takes its time.
const LISTING: &str = "looking whose objects there are";

pub(super) async fn change_policies(
    remote: &Remote,
    flags: &AccessChange,
    goal: AccessGoal,
    key_files: &[PathBuf],
) -> Result<Exit, Failure> {
    let keys = read_key_files(&remote.spec, key_files)?;
    PolicyChange { remote, flags, goal, keys: &keys }.carry_out().await
}

pub(super) async fn adopt_objects(
    cli: &Cli,
    flags: &AccessAdopt,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let site = &remote.site;
    let adoption = |dry_run| Adoption {
        client: remote.client(),
        acting: &remote.key,
        most: flags.most,
        dry_run,
    };
    let counted = show_elapsed(printer, LISTING, adoption(true).carry_out()).await?;
    if flags.change.dry_run || counted.is_whole() {
        printer.result(ACCESS_ADOPTION, &counted, &counted.to_string());
        return Ok(if counted.is_whole() { Exit::Done } else { Exit::Drift });
    }
    printer.text(&counted.to_string());
    let question = "Copy each of them onto itself, as the bucket's own?";
    if !confirmed(question, flags.change.yes, site.may_ask())? {
        printer.talk("nothing was changed");
        return Ok(Exit::Drift);
    }
    let _lock = site.lock("access adopt")?;
    let report = show_elapsed(printer, "copying objects", adoption(false).carry_out()).await?;
    printer.result(ACCESS_ADOPTION, &report, &report.to_string());
    Ok(if report.is_whole() { Exit::Done } else { Exit::Partly })
}

pub(super) async fn prove_policies(
    cli: &Cli,
    flags: &AccessProve,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let keys = read_key_files(&remote.spec, &flags.key_files)?;
    let _lock = remote.site.lock("access prove")?;
    let restricted: Vec<_> = keys.iter().map(KeyFile::as_restricted).collect();
    let prover = AccessProver {
        client: remote.client(),
        acting: &remote.key,
        keys: &restricted,
        pace: ProofPace::for_service(&remote.spec.endpoint),
        tell: &|line| printer.talk(line),
        is_stopped: &is_asked,
    };
    // Whoever says stop gets the probe objects swept first.
    let _charge = Charge::take();
    let report = prover.prove_policies().await?;
    printer.result(ACCESS_PROOF, &report, &report.to_string());
    Ok(end_proof(&report))
}

fn end_proof(report: &AccessProofReport) -> Exit {
    if report.has_failed() {
        Exit::Mismatch
    } else if report.leaves_some() {
        Exit::Partly
    } else {
        Exit::Done
    }
}

/// A change of all policies of the spec.
struct PolicyChange<'a> {
    remote: &'a Remote,
    flags: &'a AccessChange,
    goal: AccessGoal,
    keys: &'a [KeyFile],
}

impl PolicyChange<'_> {
    fn name_command(&self) -> &'static str {
        if self.goal == AccessGoal::Reset { "access reset" } else { "access apply" }
    }

    async fn carry_out(&self) -> Result<Exit, Failure> {
        let (remote, site) = (self.remote, &self.remote.site);
        let (context, reporter) = (site.context(), Reporter(site.printer));
        let run = AccessRun { context: &context, reporter: &reporter };
        let store = RetryingStore::new(&remote.store, &site.clock, RETRY_BUDGET);
        let fingerprints = context.fingerprint_key()?;
        let ports = site.ports(&store, &NoDagster, &fingerprints);
        let used = site.state.is_there() && !self.flags.dry_run;
        let lock = if used { Some(site.lock(self.name_command())?) } else { None };
        if lock.is_some() {
            recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
            run.refuse_other_work()?;
        }
        let planned = plan_access(&remote.client(), &remote.key, self.goal).await?;
        let (client, acting) = (remote.client(), &remote.key);
        let keys: Vec<_> = self.keys.iter().map(KeyFile::as_restricted).collect();
        let pace = ProofPace::for_service(&remote.spec.endpoint);
        let tell = |line: &str| site.printer.talk(line);
        let prover =
            AccessProver { client, acting, keys: &keys, pace, tell: &tell, is_stopped: &is_asked };
        if planned.plan.is_empty() {
            return self.end_unchanged(&prover).await;
        }
        prover.check_keys().await?;
        let AccessChange { dry_run, yes } = *self.flags;
        let asked = PlanApproval { site, command: self.name_command(), dry_run, yes };
        if !asked.approve_plan(&planned.plan, &format!("{}\n", planned.report))? {
            return Ok(Exit::Drift);
        }
        let _lock = lock.map_or_else(|| site.lock(self.name_command()), Ok)?;
        if self.goal == AccessGoal::Reset {
            let adoption = Adoption { client, acting, most: u64::MAX, dry_run: false };
            let reset = run.reset_access(&planned.plan, &adoption, &ports);
            return Ok(self.show_end(&show_elapsed(site.printer, LISTING, reset).await?));
        }
        // Whoever says stop gets the old policies back first.
        let _charge = Charge::take();
        Ok(self.show_end(&run.carry_out(&planned.plan, &prover, &ports).await?))
    }

    /// Nothing is to be stored; keys that are at hand have what is there proved all the same.
    async fn end_unchanged(&self, prover: &AccessProver<'_>) -> Result<Exit, Failure> {
        let printer = self.remote.site.printer;
        let mut text = "Nothing to do: the policies are as planned.\n".to_owned();
        if self.keys.is_empty() || self.flags.dry_run {
            printer.result(ACCESS_RUN, AppliedAccess::default(), &text);
            return Ok(Exit::Done);
        }
        let _charge = Charge::take();
        let proof = prover.prove_policies().await?;
        let exit = end_proof(&proof);
        let done = AppliedAccess { proof: Some(proof), ..AppliedAccess::default() };
        text += &done.to_string();
        printer.result(ACCESS_RUN, &done, &text);
        Ok(exit)
    }

    fn show_end(&self, done: &AppliedAccess) -> Exit {
        let site = &self.remote.site;
        site.printer.result(ACCESS_RUN, done, &done.describe_end(&site.name));
        if done.leaves_some() { Exit::Partly } else { Exit::Done }
    }
}
