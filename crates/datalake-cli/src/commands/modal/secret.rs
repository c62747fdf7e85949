//! `modal secret`: the secret alone, by the same steps as in `provision`.

use datalake_core::{
    Credentials, DesiredVault, FingerprintKey, Found, ModalSpec, Observed, Plan, Receipt, RunId,
    Spec, Step, Target, plan_vault, plan_vault_removal, rehearse,
};
use datalake_engine::{Clock, NoDagster, Ports, RetryingStore, SecretVault, recover};
use datalake_modal::ModalClient;
use schemars::JsonSchema;
use serde::Serialize;

use super::super::confirmed;
use super::super::forward::{Forward, refuse_other_work};
use super::apps::{Apps, apps_after, apps_text};
use crate::args::Cli;
use crate::args::modal::{Change, Secret};
use crate::commands::provision::PLAN;
use crate::desired::vault;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::handover::secrets;
use crate::modal::{ModalPlace, VaultPast, VaultStanding, asked, standing};
use crate::render::{self, DocumentKind, Printer, VaultReport, vault_line, vault_report};
use crate::site::{RETRY_BUDGET, Site};

pub(super) const MODAL_SECRET: DocumentKind = DocumentKind::of::<VaultReport>("modal-secret");
pub(super) const MODAL_SECRET_RUN: DocumentKind =
    DocumentKind::of::<Done<'static>>("modal-secret-run");

/// What a command is about.
struct Subject {
    site: Site,
    spec: Spec,
    modal: ModalSpec,
    keys: Credentials,
    fingerprints: FingerprintKey,
}

/// What the secret is to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    InStep,
    Gone,
}

/// What was done with Modal's secret.
#[derive(Serialize, JsonSchema)]
struct Done<'a> {
    /// What there was to do.
    plan: &'a Plan,
    /// What was done; `null` where there was nothing to do.
    receipt: Option<&'a Receipt>,
    /// What became of the apps that use it.
    apps: Option<Apps>,
    /// The command that undoes it.
    undo: Option<String>,
}

pub(super) async fn secret(cli: &Cli, what: &Secret, printer: Printer) -> Result<Exit, Failure> {
    let subject = Subject::open(cli, printer).await?;
    match what {
        Secret::Sync(flags) => change(&subject, flags, Wish::InStep).await,
        Secret::Delete(flags) => change(&subject, flags, Wish::Gone).await,
        Secret::Status => status(&subject).await,
    }
}

impl Subject {
    async fn open(cli: &Cli, printer: Printer) -> Result<Self, Failure> {
        let site = Site::open(cli, printer).await?;
        let spec = site.spec()?;
        let modal = super::required(&spec)?;
        let keys = site.keys_from(&spec.credentials).await?;
        let fingerprints = site.records().fingerprint_key(&site.clock);
        let fingerprints = fingerprints.map_err(|fault| site.state_failure(&fault))?;
        Ok(Self { site, spec, modal, keys, fingerprints })
    }

    /// The secret as it has to be, with what is known from earlier runs by now.
    fn desired(&self) -> Result<DesiredVault, Failure> {
        let past = VaultPast::of(&self.modal.secret, &self.site, &self.fingerprints)?;
        let desired = vault(&self.spec, &self.keys, &self.fingerprints, &past)?;
        desired.ok_or_else(|| Failure::new(Exit::Bug, "a secret of no name"))
    }

    async fn plan(&self, wish: Wish, client: &ModalClient<'_>) -> Result<Plan, Failure> {
        let desired = self.desired()?;
        let (secret, asked) = asked(&desired);
        let mut observed = Observed::nothing();
        let found = Found::from_answer(client.look(&secret, &asked).await);
        observed.vault.insert(secret, found);
        let plan = match wish {
            Wish::InStep => plan_vault(&desired, &observed)?,
            Wish::Gone => plan_vault_removal(&desired, &observed)?,
        };
        let conflicts = rehearse(&plan, &observed);
        if conflicts.is_empty() { Ok(plan) } else { Err(conflicts.into()) }
    }
}

async fn status(subject: &Subject) -> Result<Exit, Failure> {
    let Subject { site, spec, modal, keys, fingerprints } = subject;
    let place = ModalPlace::of(site, &spec.host, Some(modal)).await;
    let client = place.client();
    let past = VaultPast::of(&modal.secret, site, fingerprints)?;
    let found = standing(spec, (keys, fingerprints), &past, &client).await?;
    let found = found.ok_or_else(|| Failure::new(Exit::Bug, "a secret of no name"))?;
    let report = vault_report(&modal.secret, &found);
    let next = match &found {
        VaultStanding::InStep => String::new(),
        VaultStanding::Unknown(_) => format!("\nNext: {} modal check\n", site.name),
        VaultStanding::Earlier | VaultStanding::Foreign | VaultStanding::Absent => {
            format!("\nNext: {} modal secret sync\n", site.name)
        }
    };
    site.printer.result(MODAL_SECRET, &report, &format!("{}\n{next}", vault_line(&report)));
    Ok(match found {
        VaultStanding::InStep => Exit::Done,
        VaultStanding::Unknown(_) => Exit::Partly,
        VaultStanding::Earlier | VaultStanding::Foreign | VaultStanding::Absent => Exit::Drift,
    })
}

async fn change(subject: &Subject, flags: &Change, wish: Wish) -> Result<Exit, Failure> {
    let Subject { site, spec, modal, keys, fingerprints } = subject;
    let place = ModalPlace::of(site, &spec.host, Some(modal)).await;
    let client = place.client().with_replacing(flags.replace);
    let store = site.store(spec, keys)?;
    let store = RetryingStore::new(&store, &site.clock, RETRY_BUDGET);
    let account = site.host(&spec.host).ok();
    let podman = account.map(|(account, _)| secrets(site, &spec.host.user, &account));
    let ports = site.ports(&store, &NoDagster, fingerprints);
    let ports = Ports { vault: &client, ..ports };
    let ports = match &podman {
        Some(podman) => Ports { secrets: podman.as_ref(), ..ports },
        None => ports,
    };
    let command = if wish == Wish::Gone { "modal secret delete" } else { "modal secret sync" };
    let used = site.state.is_there();
    let lock = if used && !flags.dry_run { Some(site.lock(command)?) } else { None };
    if lock.is_some() {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
        refuse_other_work(site, |target| matches!(target, Target::Vault(_) | Target::App(_)))?;
    }
    let plan = subject.plan(wish, &client).await?;
    if plan.is_empty() {
        return Ok(nothing_to_do(subject, wish, &plan));
    }
    if !is_wanted(&plan, flags, (site, command))? {
        return Ok(Exit::Drift);
    }
    let _lock = match lock {
        Some(lock) => lock,
        None => site.lock(command)?,
    };
    let forward = Forward {
        site,
        ground: None,
        user: &spec.host.user,
        run: &RunId::new(site.clock.now(), site.clock.random()),
        plan: &plan,
        keys: Some(keys),
        fingerprints,
    };
    let receipt = forward.carry_out(&ports).await?;
    prove(subject, wish, (&plan, &receipt), &client).await
}

fn nothing_to_do(subject: &Subject, wish: Wish, plan: &Plan) -> Exit {
    let secret = &subject.modal.secret;
    let text = match wish {
        Wish::InStep => format!("Nothing to do: Modal secret `{secret}` is in step.\n"),
        Wish::Gone => format!("Nothing to do: there is no Modal secret `{secret}`.\n"),
    };
    let done = Done { plan, receipt: None, apps: None, undo: None };
    subject.site.printer.result(MODAL_SECRET_RUN, done, &text);
    Exit::Done
}

fn is_wanted(plan: &Plan, flags: &Change, (site, command): (&Site, &str)) -> Result<bool, Failure> {
    let shown = format!("Plan ({} steps):\n{}", plan.steps.len(), render::plan(plan));
    if flags.dry_run {
        let next = format!("\nNothing was changed. Next: {} {command}\n", site.name);
        site.printer.result(PLAN, plan, &(shown + &next));
        return Ok(false);
    }
    site.printer.text(&shown);
    let question = format!("Apply these {} steps?", plan.steps.len());
    let is_wanted = confirmed(&question, flags.yes, site.may_ask())?;
    if !is_wanted {
        site.printer.talk("nothing was changed");
    }
    Ok(is_wanted)
}

/// Looks again: the plan after an apply is empty.
async fn prove(
    subject: &Subject,
    wish: Wish,
    (plan, receipt): (&Plan, &Receipt),
    client: &ModalClient<'_>,
) -> Result<Exit, Failure> {
    let site = &subject.site;
    let left = subject.plan(wish, client).await?;
    if !left.is_empty() {
        return Err(Failure::new(Exit::Mismatch, "after the run the secret is not as planned")
            .hint("somebody else changes it: `datalake modal secret status`"));
    }
    let apps = match wish {
        Wish::InStep => Some(apps_after(&subject.modal, receipt, client).await),
        Wish::Gone => None,
    };
    let is_back = |step: &Step| matches!(step.undo.way, datalake_core::Way::Back(_));
    let undo = plan.steps.iter().any(is_back);
    let undo = undo.then(|| format!("{} rollback {}", site.name, receipt.run));
    let secret = &subject.modal.secret;
    let mut text = match wish {
        Wish::InStep => format!("\nProved: Modal lists `{secret}` with what it has to hold.\n"),
        Wish::Gone => format!("\nProved: Modal has no secret `{secret}` any more.\n"),
    };
    text.push_str(&apps.as_ref().map(apps_text).unwrap_or_default());
    text.push_str(&format!("Receipt: {}.\n", receipt.run));
    if let Some(undo) = &undo {
        text.push_str(&format!("\nUndo: {undo}\n"));
    }
    let done = Done { plan, receipt: Some(receipt), apps, undo };
    site.printer.result(MODAL_SECRET_RUN, done, &text);
    Ok(Exit::Done)
}
