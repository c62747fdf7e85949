//! One action carried out.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{FileState, HostPath};
use datalake_core::modal::{ModalObject, vault_part};
use datalake_core::plan::{Action, Found, Guard, Observation, Step, Way};
use datalake_core::s3::{BucketName, ObjectKey};
use datalake_core::secret::{
    Credentials, FileBody, FilledBody, Fingerprint, PodmanSecret, Unfilled,
};

use crate::Checkpoint;
use crate::buckets::await_settled;
use crate::observe::{look_at_paths, look_for};
use crate::ports::{NewFile, Ports, Probe};
use crate::records::Records;
use crate::vault::VaultContent;

/// Carries out a step's action. After a fault it may or may not have happened.
pub(crate) async fn carry_out(
    step: &Step,
    keys: Option<&Credentials>,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    match &step.action {
        Action::CreateBucket(bucket) => create_bucket(bucket, ports).await,
        Action::ProveAccess(bucket, key) => prove_access(bucket, key, ports).await,
        Action::SetVersioning(bucket, versioning) => {
            ports.store.set_versioning(bucket, *versioning).await
        }
        Action::SetLifecycle(bucket, rules) => ports.store.set_lifecycle(bucket, rules).await,
        Action::SetPolicy(bucket, policy) => ports.store.set_policy(bucket, policy.as_ref()).await,
        Action::SetPublicAccess(bucket, block) => {
            ports.store.set_public_access(bucket, *block).await
        }
        Action::CreateFolder { path, mode, owner } => {
            ports.files.create_folder(path, *mode, *owner)
        }
        Action::RemoveFolder(path) => ports.files.remove_folder(path),
        Action::WriteFile { path, body, file } => {
            let content = fill_body(body, keys, &keep_copy(path, &step.guard, ports)?)?;
            put_in_place(path, &content, file, ports)
        }
        Action::RestoreFile { path, file } => {
            let content = Records(ports.state).copy(file.content, ports.fingerprints)?;
            clear_way(path, step, ports).await?;
            put_in_place(path, &content, file, ports)
        }
        Action::RemoveFile(path) => {
            clear_way(path, step, ports).await?;
            ports.files.remove_file(path)
        }
        Action::StoreSecret { name, body, print } => {
            keep_secret(name, &step.guard, ports).await?;
            let value = fill_body(body, keys, &FilledBody::new(Vec::new()))?;
            store_secret(name, &value, *print, ports).await
        }
        Action::RestoreSecret { name, print } => {
            let value = Records(ports.state).copy(*print, ports.fingerprints)?;
            require_guard(step, ports).await?;
            store_secret(name, &value, *print, ports).await
        }
        Action::RemoveSecret(name) => remove_secret(name, step, ports).await,
        Action::SettleServices(states) => ports.dagster.settle(states).await,
        Action::SettleTimers(states) => ports.timers.settle_timers(states).await,
        Action::ProveContainers { services, bucket, key, log_manager } => {
            let log_manager = log_manager.clone();
            let probe = Probe { log_manager, ..make_probe(bucket, key, ports) };
            ports.dagster.prove(services, &probe).await
        }
        Action::StoreVault { secret, body, print } => {
            let lines = fill_body(body, keys, &FilledBody::new(Vec::new()))?;
            store_in_vault(secret, VaultLines { lines: &lines, print: *print }, step, ports).await
        }
        Action::RestoreVault { secret, print, copy } => {
            let lines = vault_part(&Records(ports.state).copy(*copy, ports.fingerprints)?);
            store_in_vault(secret, VaultLines { lines: &lines, print: *print }, step, ports).await
        }
        Action::RemoveVault(secret) => remove_in_vault(secret, step, ports).await,
        Action::ClearVault(secret, print) => clear_in_vault(secret, *print, step, ports).await,
        Action::RollOver(app) => roll_over(app, ports).await,
    }
}

async fn remove_secret(name: &PodmanSecret, step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    match step.undo.way {
        Way::Back(_) => keep_secret(name, &step.guard, ports).await?,
        Way::OneWay(_) => require_guard(step, ports).await?,
    }
    ports.secrets.remove(name).await
}

/// Keeps what lies at `path` as a copy where the way back wants it; else sees that it is as planned.
async fn clear_way(path: &HostPath, step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    match step.undo.way {
        Way::Back(_) => keep_copy(path, &step.guard, ports).map(drop),
        Way::OneWay(_) => require_guard(step, ports).await,
    }
}

async fn remove_in_vault(
    secret: &ModalObject,
    step: &Step,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    require_guard(step, ports).await?;
    ports.vault.remove(secret).await
}

async fn clear_in_vault(
    secret: &ModalObject,
    print: Fingerprint,
    step: &Step,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    require_guard(step, ports).await?;
    ports.vault.clear(secret, print).await
}

/// Of an app that is not deployed nothing runs.
async fn roll_over(app: &ModalObject, ports: &Ports<'_>) -> Result<(), Fault> {
    match ports.vault.roll_over(app).await {
        Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
        answer => answer,
    }
}

async fn create_bucket(bucket: &BucketName, ports: &Ports<'_>) -> Result<(), Fault> {
    let answer = ports.store.create_bucket(bucket).await;
    await_settled(ports.store, ports.clock, bucket, answer).await.map(drop)
}

async fn prove_access(
    bucket: &BucketName,
    key: &ObjectKey,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    let content = make_probe(bucket, key, ports).content.into_bytes();
    let stored = ports.store.put_object(bucket, key, content.clone()).await?;
    let read = ports.store.get_object(bucket, key).await;
    let deleted = ports.store.delete_object(bucket, key, stored.version.as_ref()).await;
    if read? != content {
        let detail = "the probe object came back with another content";
        return Err(Fault::new(FaultKind::Unreadable, detail));
    }
    deleted
}

fn make_probe(bucket: &BucketName, key: &ObjectKey, ports: &Ports<'_>) -> Probe {
    let content = format!("datalake was here: {:016x}\n", ports.clock.random());
    Probe { bucket: bucket.clone(), key: key.clone(), content, log_manager: None }
}

/// Keeps what lies at `path` under its fingerprint, and returns it; nothing where nothing lies.
///
/// What would be replaced is judged by this very look: an edit made since the one before stays.
fn keep_copy(path: &HostPath, guard: &Guard, ports: &Ports<'_>) -> Result<FilledBody, Fault> {
    let Observation { observed, mut contents } = look_at_paths([path], ports);
    require_so(guard.holds(&observed)?)?;
    let Some(content) = contents.remove(path) else {
        return Ok(FilledBody::new(Vec::new()));
    };
    let print = ports.fingerprints.of(content.expose());
    Records(ports.state).keep_copy(&content, print)?;
    ports.checkpoints.pass(Checkpoint::CopyKept);
    Ok(content)
}

fn fill_body(
    body: &FileBody,
    keys: Option<&Credentials>,
    current: &FilledBody,
) -> Result<FilledBody, Fault> {
    let filled = match keys {
        Some(keys) => body.fill(keys, current.expose()),
        None => body.fill_plain(current.expose()),
    };
    filled.map_err(|err| match err {
        Unfilled::Secret(name) => Fault::new(FaultKind::Refused, format!("no {name} was given")),
        Unfilled::Kept(err) => Fault::new(FaultKind::Disturbed, err.to_string()),
    })
}

fn put_in_place(
    path: &HostPath,
    content: &FilledBody,
    file: &FileState,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    require_planned(content, file.content, ports)?;
    ports.files.write(path, &NewFile { content, mode: file.mode, owner: file.owner })
}

/// Keeps what podman keeps under `name` as a copy under its fingerprint, if it keeps anything.
async fn keep_secret(name: &PodmanSecret, guard: &Guard, ports: &Ports<'_>) -> Result<(), Fault> {
    let value = match ports.secrets.look(name).await {
        Ok(value) => value,
        Err(fault) if fault.kind == FaultKind::Absent => {
            return require_so(*guard == Guard::SecretAbsent(name.clone()));
        }
        Err(fault) => return Err(fault),
    };
    let print = ports.fingerprints.of(value.expose());
    require_so(*guard == Guard::SecretIs(name.clone(), print))?;
    Records(ports.state).keep_copy(&value, print)?;
    ports.checkpoints.pass(Checkpoint::CopyKept);
    Ok(())
}

async fn store_secret(
    name: &PodmanSecret,
    value: &FilledBody,
    print: Fingerprint,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    require_planned(value, print, ports)?;
    ports.secrets.store(name, value).await
}

/// Lines of a secret in Modal, and the fingerprint that they must have.
struct VaultLines<'l> {
    lines: &'l FilledBody,
    print: Fingerprint,
}

/// A secret that is not there yet is created and never changed: someone may be quicker.
async fn store_in_vault(
    secret: &ModalObject,
    content: VaultLines<'_>,
    step: &Step,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    let VaultLines { lines, print } = content;
    require_planned(lines, print, ports)?;
    if step.guard == Guard::VaultAbsent(secret.clone()) {
        return ports.vault.create(secret, lines, print).await;
    }
    let seen = look_for(step, ports).await;
    require_so(step.guard.holds(&seen)?)?;
    // Where nothing of others was in it, clearing it has removed it.
    if seen.vault_secret(secret) == Found::Absent {
        return ports.vault.create(secret, lines, print).await;
    }
    let before = if let Guard::VaultIs(_, before) = &step.guard { Some(*before) } else { None };
    ports.vault.update(secret, &VaultContent { lines, print, before }).await
}

/// Looks once more, for steps that keep no copy: a change made since the look before stays.
async fn require_guard(step: &Step, ports: &Ports<'_>) -> Result<(), Fault> {
    require_so(step.guard.holds(&look_for(step, ports).await)?)
}

fn require_so(holds: bool) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::new(FaultKind::Disturbed, "")) }
}

fn require_planned(
    content: &FilledBody,
    planned: Fingerprint,
    ports: &Ports<'_>,
) -> Result<(), Fault> {
    if ports.fingerprints.of(content.expose()) == planned {
        return Ok(());
    }
    let detail = "what would be written is not what was planned";
    Err(Fault::new(FaultKind::Disturbed, detail))
}
