//! The way to the service, the key and the bucket.

use datalake_core::doctor::{
    Examination, HeadAnswer, KeyEvidence, Look, MoneyEvidence, PublicAccessEvidence, StoreEvidence,
    TablesEvidence, TrialEvidence, Unread,
};
use datalake_core::fault::Target;
use datalake_core::s3::{BucketName, Endpoint, InvalidKey, LOGS_PREFIX, Lifecycle, Region};
use datalake_core::secret::Credentials;
use datalake_core::spec::{StoreSpec, TablesPlace};
use datalake_engine::{
    BucketQuestion, RetryingStore, TestedStore, TrialPlace, look_at_bucket, look_at_costs,
    look_at_key, look_at_network, try_out,
};

use super::locations::{LocationHistory, list_locations};
use super::public_access::look_at_public_access;
use super::tables::{TablesQuestion, examine_tables};
use super::{ExaminationInput, NoKeyPair};

/// Repetitions of all trials together: what is flaky is to be seen.
const BUDGET: u32 = 10;

/// Looks at network, key, bucket and what costs money, as far as the steps before went well.
pub(super) async fn examine_service(
    input: &ExaminationInput<'_>,
    asks_locations: bool,
    seen: &mut Examination,
) {
    let spec = &input.spec.store;
    // Other values of the spec may be wrong, and the endpoint be named well.
    let own = spec.as_ref().ok().map(|spec| &spec.endpoint).or(input.spec.endpoint.as_ref());
    // Without a spec Hetzner's first location stands for all of the network.
    let Some(endpoint) = own.cloned().or_else(|| Region::Fsn1.endpoint()) else { return };
    let question = NetworkQuestion { endpoint: &endpoint, own, asks_locations };
    examine_network(input, &question, seen).await;
    let spec = match spec {
        Ok(spec) => spec,
        Err(why) => {
            let why = format!("the spec names no service: {why}");
            seen.key = KeyEvidence::not_asked(&why);
            return leave_bucket(&why, seen);
        }
    };
    let Some(keys) = examine_pair(input, spec, &mut seen.key).await else { return };
    if !matches!(seen.network.greeting, Look::Saw(_)) {
        return;
    }
    match input.services.open(&spec.endpoint, &spec.region, &keys) {
        Ok(store) => examine_bucket(input, spec, store.as_ref(), seen).await,
        Err(fault) => seen.key.service = Look::Unknown(fault),
    }
}

/// What is asked of the network.
struct NetworkQuestion<'a> {
    endpoint: &'a Endpoint,
    /// The endpoint that the spec names.
    own: Option<&'a Endpoint>,
    asks_locations: bool,
}

async fn examine_network(
    input: &ExaminationInput<'_>,
    question: &NetworkQuestion<'_>,
    seen: &mut Examination,
) {
    let NetworkQuestion { endpoint, own, asks_locations } = *question;
    let state = input.context.state;
    let history = LocationHistory::read(state);
    let locations =
        if asks_locations { list_locations(endpoint, own, &history) } else { Vec::new() };
    seen.network = look_at_network(endpoint, &locations, input.network).await;
    match &seen.network.locations {
        Look::Saw(trials) if asks_locations => history.keep(trials, seen.now, state),
        _ => seen.network.locations = Look::NotHere("not asked for".to_owned()),
    }
}

/// Reads the pair, and tells whether it can be used at all.
async fn examine_pair(
    input: &ExaminationInput<'_>,
    spec: &StoreSpec,
    key: &mut KeyEvidence,
) -> Option<Credentials> {
    match input.keys.read_pair(&spec.credentials).await {
        Ok(keys) => {
            key.source = Look::Saw(Ok(keys.id.to_string()));
            key.flaw = Look::Saw(None);
            key.is_swapped = Look::Saw(keys.look_swapped());
            (!keys.look_swapped()).then_some(keys)
        }
        Err(NoKeyPair::Flaw(error)) => {
            key.source = Look::Saw(Ok("…".to_owned()));
            key.flaw = Look::Saw(Some(error.to_string()));
            None
        }
        Err(NoKeyPair::Unread(error)) => {
            let cure = error.advice.first().map(|advice| input.reporter.word(advice));
            let what = error.to_string();
            let cure =
                cure.or_else(|| Some("name a file of mode 0600 that holds the pair".to_owned()));
            key.source = Look::Saw(Err(Unread { what, cure }));
            None
        }
        Err(NoKeyPair::None) => {
            let what = "there is no key pair".to_owned();
            key.source = Look::Saw(Err(Unread { what, cure: None }));
            None
        }
    }
}

async fn examine_bucket(
    input: &ExaminationInput<'_>,
    spec: &StoreSpec,
    store: &dyn TestedStore,
    seen: &mut Examination,
) {
    let lake = RetryingStore::new(store, input.context.clock, BUDGET);
    let tables = spec.tables.as_ref().and_then(TablesPlace::own_bucket);
    let own: Vec<_> = spec.bucket.iter().chain(tables).cloned().collect();
    look_at_key(&own, &lake, &mut seen.key).await;
    let question = match ask_of_bucket(input, spec) {
        Ok(question) => question,
        Err(why) => return leave_bucket(&why, seen),
    };
    if !matches!(seen.key.service, Look::Saw(_)) {
        return;
    }
    let BucketQuestion { bucket, prefix, .. } = &question;
    seen.key.has_used_bucket = has_used_bucket(input, bucket);
    seen.store = look_at_bucket(&question, store.store(), &lake).await;
    if let Look::Saw(rules) = &seen.store.lifecycle {
        seen.money.old_versions_expire =
            rules.iter().any(|(_, rule)| rule.enabled && rule.expire_noncurrent.is_some());
    }
    seen.money.logs_expire = match &seen.store.lifecycle {
        Look::Saw(rules) => Look::Saw(rules.expires_all_below(LOGS_PREFIX)),
        Look::Unknown(fault) => Look::Unknown(fault.clone()),
        Look::NotHere(why) => Look::NotHere(why.clone()),
    };
    if matches!(&seen.store.heads, Look::Saw(heads) if heads.contains(&HeadAnswer::Here)) {
        let place = TrialPlace { bucket, prefix, random: input.context.clock.random() };
        seen.public_access = look_at_public_access(&own, spec, &lake).await;
        seen.trials = try_out(&place, &lake, store, &mut seen.store).await;
        look_at_costs(bucket, &lake, &mut seen.money).await;
        let question = TablesQuestion { spec, assets: bucket, once: store, lake: &lake };
        examine_tables(&question, input.context.clock.random(), seen).await;
    }
}

/// What is asked of the spec's bucket, or why it is not asked.
fn ask_of_bucket(
    input: &ExaminationInput<'_>,
    store: &StoreSpec,
) -> Result<BucketQuestion, String> {
    let bucket = store.bucket.clone().ok_or("the spec names no bucket")?;
    let prefix = input.spec.document.prefix.clone().unwrap_or_default();
    Ok(BucketQuestion {
        bucket,
        prefix: prefix.parse().map_err(|error: InvalidKey| error.to_string())?,
        wants_versioning: store.protect.versioning,
        wanted_lifecycle: Lifecycle::own(&store.protect.presets()),
    })
}

/// Whether a run of this place has used the bucket.
fn has_used_bucket(input: &ExaminationInput<'_>, bucket: &BucketName) -> bool {
    let is_of_it = |target: Target| match target {
        Target::Bucket(name) | Target::Access(name) | Target::Object(name, _) => name == *bucket,
        Target::Service
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => false,
    };
    let history = input.context.records().history();
    history.is_ok_and(|history| {
        let mut steps = history.iter().flat_map(|receipt| &receipt.steps);
        steps.any(|step| is_of_it(step.step.action.target()))
    })
}

/// Nobody asks for the bucket, for this reason.
fn leave_bucket(why: &str, seen: &mut Examination) {
    seen.store = StoreEvidence::not_asked(why);
    seen.public_access = PublicAccessEvidence::not_asked(why);
    seen.trials = TrialEvidence::not_asked(why);
    seen.money = MoneyEvidence::not_asked(why);
    seen.tables = TablesEvidence::not_asked(why);
}
