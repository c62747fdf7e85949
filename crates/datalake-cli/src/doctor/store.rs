//! The way to the service, the key and the bucket.

use datalake_core::doctor::{Examination, Head, Look, Unread};
use datalake_core::{
    BucketName, Credentials, Endpoint, Fault, FaultKind, InvalidKey, Lifecycle, Region, StoreSpec,
    Target,
};
use datalake_engine::{
    BucketQuestion, Clock, RetryingStore, look_at_bucket, look_at_costs, look_at_key,
    look_at_network, try_out,
};
use datalake_s3::{PlainNetwork, S3Store};

use super::locations::{Locations, asked};
use crate::secrets::NoPair;
use crate::site::Site;

/// Repetitions of all trials together: what is flaky is to be seen.
const BUDGET: u32 = 10;

/// Looks at network, key, bucket and what costs money, as far as the steps before went well.
pub(super) async fn look(site: &Site, asks_locations: bool, seen: &mut Examination) {
    let spec = site.store_spec();
    // Other values of the spec may be wrong, and the endpoint be named well.
    let own = spec.as_ref().ok().map(|spec| spec.endpoint.clone()).or_else(|| site.endpoint());
    // Without a spec Hetzner's first location stands for all of the network.
    let Some(endpoint) = own.clone().or_else(|| Region::Fsn1.endpoint()) else { return };
    network(site, (&endpoint, own.as_ref()), asks_locations, seen).await;
    let spec = match spec {
        Ok(spec) => spec,
        Err(failure) => {
            let why = format!("the spec names no service: {}", failure.messages.join(": "));
            return nothing_to_ask(&why, seen);
        }
    };
    let Some(keys) = pair(site, &spec, seen).await else { return };
    if !matches!(seen.network.greeting, Look::Saw(_)) {
        return;
    }
    let store = match S3Store::new(&spec.endpoint, &spec.region, &keys) {
        Ok(store) => store,
        Err(error) => {
            let fault = Fault::new(FaultKind::Refused, error.to_string());
            seen.key.service = Look::Unknown(fault);
            return;
        }
    };
    bucket(site, &spec, &store, seen).await;
}

async fn network(
    site: &Site,
    (endpoint, own): (&Endpoint, Option<&Endpoint>),
    asks_locations: bool,
    seen: &mut Examination,
) {
    let history = Locations::read(&site.state);
    let locations = if asks_locations { asked(endpoint, own, &history) } else { Vec::new() };
    seen.network = look_at_network(endpoint, &locations, &PlainNetwork).await;
    match &seen.network.locations {
        Look::Saw(trials) if asks_locations => history.keep(trials, seen.now, &site.state),
        _ => seen.network.locations = Look::NotHere("not asked for".to_owned()),
    }
}

/// Reads the pair, and tells whether it can be used at all.
async fn pair(site: &Site, spec: &StoreSpec, seen: &mut Examination) -> Option<Credentials> {
    let key = &mut seen.key;
    match site.pair_from(&spec.credentials).await {
        Ok(keys) => {
            key.source = Look::Saw(Ok(keys.id.to_string()));
            key.flaw = Look::Saw(None);
            key.is_swapped = Look::Saw(keys.look_swapped());
            (!keys.look_swapped()).then_some(keys)
        }
        Err(NoPair::Flaw(failure)) => {
            key.source = Look::Saw(Ok("…".to_owned()));
            key.flaw = Look::Saw(Some(failure.messages.join(": ")));
            None
        }
        Err(NoPair::Unread(failure)) => {
            let (what, cure) = (failure.messages.join(": "), failure.hints.into_iter().next());
            let cure =
                cure.or_else(|| Some("name a file of mode 0600 that holds the pair".to_owned()));
            key.source = Look::Saw(Err(Unread { what, cure }));
            None
        }
        Err(NoPair::None) => {
            let what = "there is no key pair".to_owned();
            key.source = Look::Saw(Err(Unread { what, cure: None }));
            None
        }
    }
}

async fn bucket(site: &Site, spec: &StoreSpec, store: &S3Store, seen: &mut Examination) {
    let lake = RetryingStore::new(store, &site.clock as &dyn Clock, BUDGET);
    look_at_key(spec.bucket.as_ref(), &lake, &mut seen.key).await;
    let question = match question(site, spec) {
        Ok(question) => question,
        Err(why) => return no_bucket(&why, seen),
    };
    if !matches!(seen.key.service, Look::Saw(_)) {
        return;
    }
    let BucketQuestion { bucket, prefix, .. } = &question;
    seen.key.has_used_bucket = has_used(site, bucket);
    seen.store = look_at_bucket(&question, store, &lake).await;
    if let Look::Saw(rules) = &seen.store.lifecycle {
        seen.money.old_versions_expire =
            rules.iter().any(|(_, rule)| rule.enabled && rule.expire_noncurrent.is_some());
    }
    if matches!(&seen.store.heads, Look::Saw(heads) if heads.contains(&Head::Here)) {
        let random = site.clock.random();
        seen.trials = try_out((bucket, prefix), random, (&lake, store), &mut seen.store).await;
        look_at_costs(bucket, &lake, &mut seen.money).await;
    }
}

/// What is asked of the spec's bucket, or why it is not asked.
fn question(site: &Site, store: &StoreSpec) -> Result<BucketQuestion, String> {
    let bucket = store.bucket.clone().ok_or("the spec names no bucket")?;
    let prefix = site.settings.document().prefix.clone().unwrap_or_default();
    Ok(BucketQuestion {
        bucket,
        prefix: prefix.parse().map_err(|error: InvalidKey| error.to_string())?,
        wants_versioning: store.protect.versioning,
        wanted_lifecycle: Lifecycle::own(&store.protect.presets()),
    })
}

/// Whether a run of this place has used the bucket.
fn has_used(site: &Site, bucket: &BucketName) -> bool {
    let is_of_it = |target: Target| match target {
        Target::Bucket(name) | Target::Object(name, _) => name == *bucket,
        Target::Service
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Vault(_)
        | Target::App(_) => false,
    };
    let history = site.records().history();
    history.is_ok_and(|history| {
        let mut steps = history.iter().flat_map(|receipt| &receipt.steps);
        steps.any(|step| is_of_it(step.step.action.target()))
    })
}

fn nothing_to_ask(why: &str, seen: &mut Examination) {
    seen.key.source = Look::NotHere(why.to_owned());
    no_key(why, seen);
    no_bucket(why, seen);
}

fn no_key(why: &str, seen: &mut Examination) {
    seen.key.flaw = Look::NotHere(why.to_owned());
    seen.key.is_swapped = Look::NotHere(why.to_owned());
    seen.key.service = Look::NotHere(why.to_owned());
    seen.key.buckets = Look::NotHere(why.to_owned());
    seen.key.opens = Look::NotHere(why.to_owned());
}

fn no_bucket(why: &str, seen: &mut Examination) {
    let why = || why.to_owned();
    seen.store.heads = Look::NotHere(why());
    seen.store.versioning = Look::NotHere(why());
    seen.store.tables = Look::NotHere(why());
    seen.store.lifecycle = Look::NotHere(why());
    seen.store.open_to_all = Look::NotHere(why());
    seen.store.policy = Look::NotHere(why());
    seen.store.migrated = Look::NotHere(why());
    seen.trials.probe = Look::NotHere(why());
    seen.trials.multipart = Look::NotHere(why());
    seen.trials.damage_is_refused = Look::NotHere(why());
    seen.trials.conditional = Look::NotHere(why());
    seen.trials.tagging = Look::NotHere(why());
    seen.money.uploads = Look::NotHere(why());
    seen.money.usage = Look::NotHere(why());
}
