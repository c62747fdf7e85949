//! `rm`: objects removed, after a look at what goes.

use datalake_core::{BucketName, Fault, KeyPattern, Usage, Versioning};
use datalake_engine::{
    AnyKey, Clear, Cleared, Extent, Lake, ObjectSource, VersionKind, Walk, clear,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::du::Sums;
use super::versions::versions_of;
use crate::args::{Cli, objects::Rm};
use crate::commands::{agreed, name_typed};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket, at_object};
use crate::render::{DocumentKind, Printer, Ticker, count, counted, key_text, size, usage_words};

pub(super) const RM: DocumentKind = DocumentKind::of::<Report>("rm");
pub(super) const RM_PLAN: DocumentKind = DocumentKind::of::<Report>("rm-plan");

/// What goes.
#[derive(Serialize, JsonSchema)]
struct Report {
    /// The bucket.
    bucket: String,
    /// What was found.
    found: Sums,
    /// How many were removed.
    removed: u64,
    /// Their size in bytes.
    removed_bytes: u64,
    /// How many could not be removed.
    failed: u64,
}

/// What is to go.
struct Doom<'a> {
    bucket: &'a BucketName,
    /// The one key that is meant, or a pattern.
    key: Option<&'a AnyKey>,
    pattern: &'a KeyPattern,
    extent: Extent,
}

pub(in crate::commands) async fn rm(
    cli: &Cli,
    flags: &Rm,
    printer: Printer,
) -> Result<Exit, Failure> {
    let remote = Remote::open(cli, printer).await?;
    let (bucket, pattern) = remote.keys(&flags.keys, flags.no_glob)?;
    require_folder(flags, &pattern)?;
    let many = flags.recursive || pattern.has_wildcards();
    let key = if many { None } else { Some(single(&pattern)?) };
    let extent = if flags.versions { Extent::AllVersions } else { Extent::Current };
    let doom = Doom { bucket: &bucket, key: key.as_ref(), pattern: &pattern, extent };
    let lake = remote.lake();
    let found = doom.found(&lake, printer).await?;
    printer.talk(&format!("{}: {}", doom.name(), usage_words(&found)));
    if found.is_empty() {
        return Err(Failure::new(Exit::Absent, format!("{}: there is nothing", doom.name())));
    }
    if flags.dry_run {
        printer.result(RM_PLAN, report(&bucket, &found, &Cleared::default()), "");
        return Ok(Exit::Drift);
    }
    doom.tell_what_it_means(&lake, printer).await?;
    if many && pattern.means_everything() {
        name_typed(&bucket, flags.confirm.as_deref(), remote.site.may_ask())?;
    } else if !agreed("Remove this?", flags.yes, remote.site.may_ask())? {
        return Ok(Exit::Done);
    }
    let mut cleared = Cleared::default();
    let ended = doom.clear(&lake, &mut cleared, printer).await;
    if ended.is_ok() && key.is_some() && extent == Extent::Current {
        cleared.gone = found.current;
    }
    finish(&doom, &found, &cleared, (ended, printer))
}

fn finish(
    doom: &Doom<'_>,
    found: &Usage,
    cleared: &Cleared,
    (ended, printer): (Result<(), Fault>, Printer),
) -> Result<Exit, Failure> {
    let what = if doom.extent == Extent::Current { "object" } else { "version" };
    let (gone, bytes) = (counted(cleared.gone.count, what), size(cleared.gone.bytes));
    let done = format!("Removed {gone}, {bytes}.");
    if let Err(fault) = ended {
        printer.talk(&done);
        let failure = at_bucket(doom.bucket)(fault);
        let partly = cleared.gone.count > 0;
        return Err(if partly { failure.under(Exit::Partly) } else { failure });
    }
    if cleared.failed > 0 {
        printer.talk(&done);
        return Err(crate::commands::not_deleted(doom.bucket, cleared));
    }
    printer.result(RM, report(doom.bucket, found, cleared), &format!("{done}\n"));
    Ok(Exit::Done)
}

/// A folder is named whole: `assets` would mean `assets-of-others/`, too.
fn require_folder(flags: &Rm, pattern: &KeyPattern) -> Result<(), Failure> {
    let prefix = pattern.literal();
    if !flags.recursive || pattern.has_wildcards() || prefix.is_empty() || prefix.ends_with('/') {
        return Ok(());
    }
    let prefix = key_text(prefix);
    Err(Failure::new(Exit::Usage, format!("`{prefix}` is no folder: a folder ends with `/`"))
        .hint(format!("`{prefix}/` means what lies in it, `{prefix}**` every key that begins so")))
}

fn single(pattern: &KeyPattern) -> Result<AnyKey, Failure> {
    AnyKey::try_from(pattern.literal()).map_err(|error| {
        Failure::of(Exit::Usage, &error)
            .hint("--recursive removes all that is in a bucket or folder")
    })
}

fn report(bucket: &BucketName, found: &Usage, cleared: &Cleared) -> Report {
    Report {
        bucket: bucket.to_string(),
        found: found.into(),
        removed: cleared.gone.count,
        removed_bytes: cleared.gone.bytes,
        failed: cleared.failed,
    }
}

impl Doom<'_> {
    fn name(&self) -> String {
        format!("s3://{}/{}", self.bucket, key_text(self.pattern.literal()))
            + if self.pattern.has_wildcards() { "… (by pattern)" } else { "" }
    }

    fn takes(&self, key: &str) -> bool {
        !self.pattern.has_wildcards() || self.pattern.fits(key)
    }

    async fn found(&self, lake: &dyn Lake, printer: Printer) -> Result<Usage, Failure> {
        let mut usage = Usage::default();
        if let Some(key) = self.key {
            let failed = at_object(self.bucket, key);
            if self.extent == Extent::Current {
                let source = ObjectSource::current(self.bucket, key);
                usage.current.add(lake.head(&source).await.map_err(failed)?.size);
            } else {
                let versions = versions_of(lake, self.bucket, key).await.map_err(failed)?;
                for version in versions {
                    version.count_in(&mut usage);
                }
            }
            return Ok(usage);
        }
        let counted = self.count(lake, &mut usage, printer).await;
        counted.map_err(at_bucket(self.bucket))?;
        Ok(usage)
    }

    async fn count(
        &self,
        lake: &dyn Lake,
        usage: &mut Usage,
        printer: Printer,
    ) -> Result<(), Fault> {
        let (bucket, prefix) = (self.bucket, self.pattern.literal());
        let mut ticker = Ticker::new(printer);
        let mut tell = |usage: &Usage| ticker.tell(|| usage_words(usage));
        if self.extent == Extent::AllVersions {
            let mut walk = Walk::versions(lake, bucket, prefix).await?;
            while let Some(page) = walk.next().await? {
                let taken = page.iter().filter(|version| self.takes(version.key.as_str()));
                taken.for_each(|version| version.count_in(usage));
                tell(usage);
            }
            return Ok(());
        }
        let mut walk = Walk::objects(lake, bucket, prefix).await?;
        while let Some(page) = walk.next().await? {
            let taken = page.iter().filter(|object| self.takes(object.key.as_str()));
            taken.for_each(|object| usage.current.add(object.size));
            tell(usage);
        }
        Ok(())
    }

    async fn tell_what_it_means(&self, lake: &dyn Lake, printer: Printer) -> Result<(), Failure> {
        if self.extent == Extent::AllVersions {
            printer.talk("all versions go: there is no way back");
            return Ok(());
        }
        // A key that may delete may still not be allowed to ask this.
        let Ok(versioning) = lake.versioning(self.bucket).await else { return Ok(()) };
        printer.talk(match versioning {
            Versioning::Enabled => "the bucket keeps versions: old ones stay, and are billed",
            Versioning::Never => "the bucket keeps no versions: there is no way back",
            Versioning::Suspended => "versioning is suspended: there may be no way back",
        });
        Ok(())
    }

    async fn clear(
        &self,
        lake: &dyn Lake,
        cleared: &mut Cleared,
        printer: Printer,
    ) -> Result<(), Fault> {
        if let Some(key) = self.key {
            return self.clear_one(lake, key, cleared).await;
        }
        let mut ticker = Ticker::new(printer);
        let takes = |key: &str| self.takes(key);
        let (bucket, prefix) = (self.bucket, self.pattern.literal());
        let what = Clear { bucket, prefix, takes: &takes, extent: self.extent };
        let mut tell = |cleared: &Cleared| {
            ticker.tell(|| format!("removed {}", count(cleared.gone.count)));
        };
        clear(lake, &what, cleared, &mut tell).await
    }

    async fn clear_one(
        &self,
        lake: &dyn Lake,
        key: &AnyKey,
        cleared: &mut Cleared,
    ) -> Result<(), Fault> {
        if self.extent == Extent::Current {
            return lake.delete(self.bucket, key, None).await.map(drop);
        }
        for version in versions_of(lake, self.bucket, key).await? {
            lake.delete(self.bucket, key, Some(&version.version)).await?;
            cleared.gone.count += 1;
            if let VersionKind::Content { size, .. } = version.kind {
                cleared.gone.bytes += size.0;
            }
        }
        Ok(())
    }
}
