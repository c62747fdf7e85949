//! `bucket lifecycle`: read, changed, written whole, read again.

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, Expire, Lifecycle, Presets, Versioning};
use datalake_engine::{Lake, ObjectStore};
use datalake_operations::lake::{at_bucket, describe_lifecycle_change};
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::{LifecycleCommand, LifecycleRemove, LifecycleSet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, key_text, lifecycle_text};

pub(super) const LIFECYCLE: DocumentKind = DocumentKind::of::<Report<'static>>("lifecycle");

/// The lifecycle rules of a bucket.
#[derive(Serialize, JsonSchema)]
struct Report<'a> {
    /// The bucket.
    bucket: &'a BucketName,
    /// The rules by their ids.
    rules: &'a Lifecycle,
    /// Whether they were changed now, or would be.
    changed: bool,
}

impl<'a> Report<'a> {
    fn of(bucket: &'a BucketName, old: &Lifecycle, rules: &'a Lifecycle) -> Self {
        Self { bucket, rules, changed: old != rules }
    }
}

pub(super) async fn lifecycle(remote: &Remote, what: &LifecycleCommand) -> Result<Exit, Failure> {
    match what {
        LifecycleCommand::Show(named) => {
            let bucket = remote.client().choose_bucket(named.bucket.as_ref())?;
            let rules = remote.lake().lifecycle(&bucket).await.map_err(at_bucket(&bucket))?;
            let report = Report { bucket: &bucket, rules: &rules, changed: false };
            remote.site.printer.result(LIFECYCLE, report, &lifecycle_text(&rules));
            Ok(Exit::Done)
        }
        LifecycleCommand::Set(flags) => set(remote, flags).await,
        LifecycleCommand::Remove(flags) => remove(remote, flags).await,
    }
}

async fn set(remote: &Remote, flags: &LifecycleSet) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let typed = read_typed(flags)?;
    let presets = typed.unwrap_or_else(|| remote.spec.protect.presets());
    let is_in_spec = presets == remote.spec.protect.presets();
    let lake = remote.lake();
    let old = lake.lifecycle(&bucket).await.map_err(at_bucket(&bucket))?;
    let new = old.with(&presets);
    let exit = change(remote, &old, Report::of(&bucket, &old, &new), flags.dry_run).await?;
    notes(remote, &lake, &bucket, &new).await;
    if !is_in_spec && remote.spec.bucket.as_ref() == Some(&bucket) {
        remote.site.printer.talk(
            "`provision` sets datalake's own rules to what `protect:` says: put these there too",
        );
    }
    Ok(exit)
}

/// What the flags ask for; `None` for nothing of their own.
fn read_typed(flags: &LifecycleSet) -> Result<Option<Presets>, Failure> {
    let expire = |expire: &Expire| (expire.prefix.clone(), expire.after);
    let presets = Presets {
        expire: flags.expire.iter().map(expire).collect(),
        noncurrent: flags.noncurrent,
        abort_uploads: flags.abort_uploads,
        expired_markers: flags.expired_markers,
    };
    if let Some((one, next)) = presets.overlap() {
        let message = format!("`{}` begins with `{}`", key_text(next), key_text(one));
        return Err(Failure::new(Exit::Usage, message)
            .hint("which of two such rules counts is written nowhere: take prefixes that differ"));
    }
    Ok(Some(presets).filter(|presets| *presets != Presets::default()))
}

async fn remove(remote: &Remote, flags: &LifecycleRemove) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.of.as_ref())?;
    let old = remote.lake().lifecycle(&bucket).await;
    let old = match old {
        // Nothing of what is unknown is kept, so nothing of it can be lost.
        Err(fault) if flags.all && fault.kind == FaultKind::Unreadable => None,
        old => Some(old.map_err(at_bucket(&bucket))?),
    };
    let Some(old) = old else {
        let cleared = remote.lake().set_lifecycle(&bucket, &Lifecycle::default()).await;
        cleared.map_err(at_bucket(&bucket))?;
        let report = Report { bucket: &bucket, rules: &Lifecycle::default(), changed: true };
        remote.site.printer.result(LIFECYCLE, report, "Removed all lifecycle rules.\n");
        return Ok(Exit::Done);
    };
    if let Some(id) = flags.ids.iter().find(|id| old.get(id).is_none()) {
        let message = format!("bucket `{bucket}`: there is no rule `{}`", key_text(id));
        return Err(Failure::new(Exit::Absent, message)
            .hint("`datalake bucket lifecycle show` lists their ids"));
    }
    let new = if flags.all { Lifecycle::default() } else { old.without(&flags.ids) };
    change(remote, &old, Report::of(&bucket, &old, &new), false).await
}

/// Shows the difference, writes the whole set, and sees whether it has become what it should be.
async fn change(
    remote: &Remote,
    old: &Lifecycle,
    report: Report<'_>,
    dry_run: bool,
) -> Result<Exit, Failure> {
    let (lake, printer) = (remote.lake(), remote.site.printer);
    let Report { bucket, rules: new, changed } = report;
    let text = if changed {
        describe_lifecycle_change(old, new)
    } else {
        "Nothing to change.\n".to_owned()
    };
    if dry_run || !changed {
        printer.result(LIFECYCLE, report, &text);
        return Ok(if changed { Exit::Drift } else { Exit::Done });
    }
    let failed = at_bucket(bucket);
    lake.set_lifecycle(bucket, new).await.map_err(&failed)?;
    let found = lake.lifecycle(bucket).await.map_err(&failed)?;
    if found != *new {
        let message = format!("bucket `{bucket}`: the service keeps other rules than it was given");
        return Err(Failure::new(Exit::Mismatch, message)
            .hint("`datalake bucket lifecycle show` lists them"));
    }
    printer.result(LIFECYCLE, report, &text);
    Ok(Exit::Done)
}

/// What the rules will not do, though it may be expected.
async fn notes(remote: &Remote, lake: &dyn Lake, bucket: &BucketName, rules: &Lifecycle) {
    let expires = rules.iter().any(|(_, rule)| rule.enabled && rule.expire.is_some());
    let old_go = rules.iter().any(|(_, rule)| rule.enabled && rule.expire_noncurrent.is_some());
    let printer = remote.site.printer;
    // A key that may set rules may still not be allowed to ask this.
    match lake.versioning(bucket).await {
        Ok(Versioning::Enabled) if expires && !old_go => printer.talk(
            "the bucket keeps versions: what expires is only hidden, and billed, without --noncurrent",
        ),
        Ok(Versioning::Suspended) => {
            printer.talk("versioning is suspended: no rule acts until it is enabled");
        }
        _ => (),
    }
}
