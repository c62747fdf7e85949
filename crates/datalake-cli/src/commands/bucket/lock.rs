//! `bucket lock`.

use datalake_core::s3::BucketName;
use datalake_engine::{BucketLock, BucketSettings, LockMode, LockPeriod, Retention};
use datalake_operations::lake::at_bucket;
use schemars::JsonSchema;
use serde::Serialize;

use crate::args::bucket::{LockCommand, LockModeFlag, LockSet};
use crate::commands::agreed;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::Remote;
use crate::render::{DocumentKind, lock_text};

pub(super) const LOCK: DocumentKind = DocumentKind::of::<Report>("lock");

/// Whether and how versions are locked, for programs.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// Whether versions can be locked at all: that is settled when a bucket is made.
    offered: bool,
    /// `governance` or `compliance`, for versions that come without a word of their own.
    mode: Option<&'static str>,
    /// Number of days.
    days: Option<u32>,
    /// Or for so many years.
    years: Option<u32>,
}

pub(super) async fn lock(remote: &Remote, what: &LockCommand) -> Result<Exit, Failure> {
    match what {
        LockCommand::Show(named) => {
            let bucket = remote.client().choose_bucket(named.bucket.as_ref())?;
            shown(remote, &bucket).await
        }
        LockCommand::Set(flags) => set(remote, flags).await,
    }
}

async fn shown(remote: &Remote, bucket: &BucketName) -> Result<Exit, Failure> {
    let lock = remote.lake().lock(bucket).await.map_err(at_bucket(bucket))?;
    let text = format!("bucket {bucket}: lock {}\n", lock_text(lock));
    remote.site.printer.result(LOCK, Report::from(lock), &text);
    Ok(Exit::Done)
}

async fn set(remote: &Remote, flags: &LockSet) -> Result<Exit, Failure> {
    let bucket = remote.client().choose_bucket(flags.named.bucket.as_ref())?;
    let (lake, failed) = (remote.lake(), at_bucket(&bucket));
    if lake.lock(&bucket).await.map_err(&failed)? == BucketLock::Never {
        let message = format!("bucket `{bucket}` was created without locks");
        return Err(Failure::new(Exit::Mismatch, message)
            .hint("there is no way to add them: `datalake bucket create NAME --lock`"));
    }
    let retention = read_retention(flags)?;
    if retention.is_some_and(|retention| retention.mode == LockMode::Compliance) {
        let talk = "compliance: what is stored from now on cannot be deleted by anybody before its \
                    lock runs out, and is billed until then";
        remote.site.printer.talk(talk);
        if !agreed("Set this lock?", flags.yes, remote.site.may_ask())? {
            return Ok(Exit::Done);
        }
    }
    lake.set_lock(&bucket, retention).await.map_err(&failed)?;
    shown(remote, &bucket).await
}

fn read_retention(flags: &LockSet) -> Result<Option<Retention>, Failure> {
    let mode = match flags.mode {
        None => return Ok(None),
        Some(LockModeFlag::Governance) => LockMode::Governance,
        Some(LockModeFlag::Compliance) => LockMode::Compliance,
    };
    let period = match (flags.days, flags.years) {
        (Some(days @ 1..), _) => LockPeriod::Days(days),
        (_, Some(years @ 1..)) => LockPeriod::Years(years),
        _ => return Err(Failure::new(Exit::Usage, "a lock holds for at least one day")),
    };
    Ok(Some(Retention { mode, period }))
}

impl From<BucketLock> for Report {
    fn from(lock: BucketLock) -> Self {
        let BucketLock::Offered(retention) = lock else {
            return Self { offered: false, mode: None, days: None, years: None };
        };
        let mode = retention.map(|retention| match retention.mode {
            LockMode::Governance => "governance",
            LockMode::Compliance => "compliance",
        });
        let (days, years) = match retention.map(|retention| retention.period) {
            Some(LockPeriod::Days(days)) => (Some(days), None),
            Some(LockPeriod::Years(years)) => (None, Some(years)),
            None => (None, None),
        };
        Self { offered: true, mode, days, years }
    }
}
