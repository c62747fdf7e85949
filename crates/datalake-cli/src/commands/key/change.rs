//! `key rotate`, `key abort` and `key finish`.

use datalake_core::policy::ProofPace;
use datalake_core::secret::Credentials;
use datalake_core::spec::{Ambient, CredentialSource, Spec};
use datalake_engine::{ModalAccount, Ports, RetryingStore, recover};
use datalake_operations::podman_secrets;
use datalake_operations::rotation::{
    CONSOLE_STEPS, KeyRotation, KeySide, RotationFolder, RotationPairs, RotationPlace,
    RotationReport, RotationWish, WAY_OF_A_CHANGE,
};

use super::super::confirmed;
use super::super::provision::{dagster, open_ground};
use super::super::reporter::Reporter;
use super::super::services::tell_service_news;
use super::{KEY_ROTATION, read_new_key};
use crate::args::key::{KeyConfirm, KeyRotate};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::modal::ModalPlace;
use crate::secrets;
use crate::site::{RETRY_BUDGET, Site, load_modal_token};

pub(super) async fn rotate_key(site: &Site, flags: &KeyRotate) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    if flags.status {
        return carry_on(site, &spec, &reopen_pairs(site, &spec, false)?, RotationWish::Look).await;
    }
    let _lock = site.lock("key rotate")?;
    let context = site.context();
    let folder = RotationFolder(&context);
    let pairs = if folder.read_open_record()?.is_some() {
        folder.refuse_other_pair(read_new_key(site, &flags.new_key).await?.as_ref())?;
        reopen_pairs(site, &spec, flags.confirm.restarted)?
    } else {
        read_pairs(site, &spec, flags).await?
    };
    if !confirm_change(site, WAY_OF_A_CHANGE, "Change the key pair?", &flags.confirm)? {
        return Ok(Exit::Drift);
    }
    carry_on(site, &spec, &pairs, RotationWish::Rotate).await
}

pub(super) async fn abort_rotation(site: &Site, flags: &KeyConfirm) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    let _lock = site.lock("key abort")?;
    let pairs = reopen_pairs(site, &spec, flags.restarted)?;
    if !confirm_change(site, "", "Go back to the old key pair?", flags)? {
        return Ok(Exit::Drift);
    }
    carry_on(site, &spec, &pairs, RotationWish::Abort).await
}

pub(super) async fn finish_rotation(site: &Site, flags: &KeyConfirm) -> Result<Exit, Failure> {
    let spec = site.spec()?;
    let _lock = site.lock("key finish")?;
    let pairs = reopen_pairs(site, &spec, flags.restarted)?;
    if !confirm_change(site, "", "End the change of the key pair?", flags)? {
        return Ok(Exit::Drift);
    }
    let present = site.keys_from(&spec.credentials).await?.id;
    carry_on(site, &spec, &pairs, RotationWish::Finish(present)).await
}

fn confirm_change(
    site: &Site,
    text: &str,
    question: &str,
    flags: &KeyConfirm,
) -> Result<bool, Failure> {
    site.printer.text(text);
    confirmed(question, flags.yes, site.may_ask())
}

/// The present pair and the one that is to take its place, which may mean to ask for it.
async fn read_pairs(site: &Site, spec: &Spec, flags: &KeyRotate) -> Result<RotationPairs, Failure> {
    let old = site.keys(spec).await?;
    let new = match read_new_key(site, &flags.new_key).await? {
        Some(new) => new,
        None => {
            site.printer.text(CONSOLE_STEPS);
            let source = CredentialSource::From(Ambient::Prompt);
            secrets::load(&source, site.may_ask()).await.map_err(|failure| {
                failure.hint("name the new pair: --new-key-file FILE or --new-key-fd N")
            })?
        }
    };
    let new = Credentials { modal: old.modal.clone(), ..new };
    Ok(RotationPairs { old, new, record: None })
}

/// Both pairs of a change that was begun, as they are kept.
fn reopen_pairs(site: &Site, spec: &Spec, restarted: bool) -> Result<RotationPairs, Failure> {
    let pairs = RotationFolder(&site.context()).reopen_pairs(load_modal_token(spec)?)?;
    Ok(pairs.note_restart(restarted))
}

async fn carry_on(
    site: &Site,
    spec: &Spec,
    pairs: &RotationPairs,
    wish: RotationWish,
) -> Result<Exit, Failure> {
    let (context, printer) = (site.context(), site.printer);
    let (account, _) = site.host(&spec.host)?;
    let (old, new) = (site.store(spec, &pairs.old)?, site.store(spec, &pairs.new)?);
    let old = RetryingStore::new(&old, &site.clock, RETRY_BUDGET);
    let new = RetryingStore::new(&new, &site.clock, RETRY_BUDGET);
    let fingerprints = context.fingerprint_key()?;
    let ground = open_ground(site, spec, false)?;
    let tell = tell_service_news(printer);
    let live = ground.as_ref().map(|ground| ground.dagster(&context, &fingerprints, &tell));
    let secrets = podman_secrets(&context, &spec.host.user, &account);
    let modal = ModalPlace::of(site, &spec.host, spec.modal.as_ref()).await;
    let vault = modal.client();
    let ports = site.ports(&old, dagster(live.as_ref()), &fingerprints);
    let ports = Ports { secrets: secrets.as_ref(), vault: &vault, ..ports };
    let old = KeySide { keys: &pairs.old, store: &old };
    let new = KeySide { keys: &pairs.new, store: &new };
    let place = RotationPlace {
        context: &context,
        spec,
        roles: &site.store_spec()?.access,
        dagster_host: ground.as_ref(),
        modal: spec.modal.as_ref().map(|_| &vault as &dyn ModalAccount),
        ports,
        pace: ProofPace::for_service(&spec.endpoint),
        reporter: &Reporter(printer),
        tell: &|line| printer.talk(line),
    };
    if wish != RotationWish::Look {
        recover(&ports).await.map_err(|fault| site.state_failure(&fault))?;
    }
    let record = match &pairs.record {
        Some(record) => record.clone(),
        None => place.begin_rotation(old, new).await?,
    };
    let mut rotation = KeyRotation { place, old, new, record };
    let report = rotation.carry_out(&wish).await?;
    Ok(show_report(site, &report, &wish))
}

fn show_report(site: &Site, report: &RotationReport, wish: &RotationWish) -> Exit {
    let next = report.describe_next(&site.name);
    site.printer.result(KEY_ROTATION, report, &format!("{report}{next}"));
    let is_rotated = *wish == RotationWish::Rotate && report.is_rotated();
    if report.is_ended() || is_rotated { Exit::Done } else { Exit::Drift }
}
