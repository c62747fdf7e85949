//! Looks at everything for a diagnosis: who is asked for what, and nothing is decided.
//!
//! [`examine_groups`] fills an [`Examination`] of `datalake-core`, which `diagnose` judges. Nothing is
//! changed but by objects of its own in the bucket, which are gone afterwards.

mod changes;
mod containers;
mod host;
mod input;
mod inside;
mod lake;
mod leftovers;
mod lives;
mod locations;
mod modal;
mod money;
mod mounted;
mod public_access;
mod python;
mod service;
mod settings;
mod tables;
mod yaml;

use datalake_core::doctor::{Examination, ExaminedPlace, Group, HostEvidence, LakeEvidence, Look};
use datalake_core::host::UserAccount;
use datalake_core::secret::FingerprintKey;
use datalake_core::spec::HostSpec;
use datalake_core::time::Timestamp;
use datalake_desired::HostPaths;
use datalake_engine::Deployment;

pub use self::input::{
    Caller, CodeFolder, ExaminationInput, ExaminationReporter, ExaminedPart, KeySource, KnownKeys,
    NoKeyPair, ReadSpec,
};
pub use self::modal::{ModalQuestion, examine_modal};
use crate::migration::look_at_switch;
use crate::rotation::examine_key_age;
use crate::{DagsterHost, look_at_host};

/// What services and containers are asked on, and how they stood when the look began.
struct RunningHost {
    dagster_host: DagsterHost,
    found: Deployment,
    key: FingerprintKey,
}

/// The service user and the places of its host, where there is such a user.
struct ServiceHome {
    account: UserAccount,
    paths: HostPaths,
}

/// Looks at what these groups need, all of them without one.
pub async fn examine_groups(input: &ExaminationInput<'_>, only: Option<Group>) -> Examination {
    let mut seen = Examination::nothing(input.context.clock.now());
    seen.place = if input.context.is_this_machine() {
        ExaminedPlace::Machine
    } else {
        ExaminedPlace::Folder
    };
    seen.spec.troubles = Look::Saw(input.spec.troubles.clone());
    let wants = |groups: &[Group]| only.is_none_or(|only| groups.contains(&only));
    let running = match &input.spec.host {
        Ok(host) if wants(&[Group::Host, Group::Containers, Group::Lake]) => {
            let _part = input.begin(ExaminedPart::Host);
            examine_host(input, host, &mut seen).await
        }
        Ok(_) => None,
        Err(_) => {
            let reason = "the spec names no host".to_owned();
            seen.host = HostEvidence { account: Look::NotHere(reason), ..seen.host };
            None
        }
    };
    if wants(&[Group::Network, Group::Key, Group::Store, Group::Tables, Group::Money]) {
        let _part = input.begin(ExaminedPart::Service);
        service::examine_service(input, wants(&[Group::Network]), &mut seen).await;
    }
    if wants(&[Group::Key]) {
        seen.key.first_stored = look_at_key_age(input);
    }
    if wants(&[Group::Host]) {
        let _part = input.begin(ExaminedPart::Changes);
        changes::examine_changes(input, only, &mut seen).await;
    }
    if let Some(running) = running.filter(|_| wants(&[Group::Containers])) {
        containers::examine_containers(input, &running, &mut seen).await;
    }
    // It takes minutes and writes a lot: only who asks for it gets it.
    if only == Some(Group::Lake) {
        lake::examine_clients(input, &mut seen.lake).await;
    } else {
        seen.lake =
            LakeEvidence::not_asked("it takes minutes, and is tried only where it is asked for");
    }
    if wants(&[Group::Python]) {
        python::examine_python(input, &mut seen.python);
        seen.switch.standing =
            look_at_switch(input.context, find_destination(input.spec).as_deref());
    }
    if wants(&[Group::DagsterYaml]) {
        yaml::examine_yaml(input, &mut seen.dagster_yaml);
    }
    if wants(&[Group::Money]) {
        money::examine_prices(input.spec, &mut seen.money);
    }
    if wants(&[Group::Modal]) {
        examine_modal(input, ModalQuestion::WhereNamed, &mut seen.modal).await;
    }
    seen
}

/// When the pair of this host's containers was first stored.
fn look_at_key_age(input: &ExaminationInput<'_>) -> Look<Option<Timestamp>> {
    let Ok(host) = &input.spec.host else {
        return Look::NotHere("the spec names no host".to_owned());
    };
    let Ok((_, places)) = look_at_host(input.context, host) else {
        return Look::NotHere("there is no service user".to_owned());
    };
    match examine_key_age(input.context, &places) {
        Ok(since) => Look::Saw(since),
        Err(error) => Look::NotHere(format!("the pair in use cannot be read: {error}")),
    }
}

/// Where files of this host are moved to, as far as the spec says it.
fn find_destination(spec: &ReadSpec<'_>) -> Option<String> {
    let spec = spec.whole.as_ref()?;
    let prefix = spec.prefix.to_string();
    let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
    Some(format!("s3://{}/{prefix}{slash}", spec.bucket))
}

async fn examine_host(
    input: &ExaminationInput<'_>,
    host: &HostSpec,
    seen: &mut Examination,
) -> Option<RunningHost> {
    let home = host::find_home(input, host, seen);
    let running = host::find_running(input, host, seen).await;
    if let Some(home) = &home {
        let whose = host::UserEvidence { home, running: running.as_ref() };
        host::examine_user(input, host, &whose, seen).await;
        settings::examine_settings(input, host, home, seen).await;
    }
    leftovers::examine_leftovers(input, home.as_ref(), &mut seen.settings);
    running
}

#[cfg(test)]
mod tests;
