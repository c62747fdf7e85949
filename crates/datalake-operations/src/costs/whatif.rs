//! What would change.

use datalake_core::fault::Fault;
use datalake_core::price::{Bill, Micros};
use datalake_core::s3::{BucketName, Expire, Lifecycle, Versioning};
use datalake_core::size::ByteSize;
use datalake_core::time::{Days, Timestamp};
use datalake_core::usage::Usage;
use datalake_engine::{Lake, Surveyor, Thing, ThingKind, survey_prefix};

use super::CostBasis;
use crate::{ErrorKind, OperationError};

const DAY: i64 = 86_400;

/// One, in millionths.
pub const ONE: u64 = 1_000_000;

/// What would be different.
#[derive(Debug, Clone, Default)]
pub struct WhatIf {
    /// What would expire, and after how long.
    pub expire: Vec<Expire>,
    /// How many times smaller contents would be.
    pub compress: Option<Micros>,
    /// What would leave the service besides.
    pub egress: Option<ByteSize>,
}

/// How long something that expired lies there still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpiredStays {
    /// It is gone at once: there are no versions.
    NotAtAll,
    /// It is an old version for so long.
    For(Days),
    /// It is an old version for ever.
    ForEver,
}

/// A bucket as it is, and as it would be.
#[derive(Debug)]
pub struct WhatIfUsage {
    /// What it holds.
    pub before: Usage,
    /// What would lie there.
    pub after: Usage,
    /// What would have expired.
    pub expired: Usage,
    /// What the bucket does with what expires.
    pub stays: ExpiredStays,
}

/// The bills of a month as it is, and as it would be.
#[derive(Debug, Clone, Copy)]
pub struct WhatIfBills {
    /// As things are.
    pub before: Bill,
    /// As they would be.
    pub after: Bill,
}

/// What is looked at, and when.
#[derive(Debug, Clone, Copy)]
pub struct WhatIfPlace<'a> {
    /// The bucket.
    pub bucket: &'a BucketName,
    /// What keys begin with.
    pub prefix: &'a str,
    /// The time of the look.
    pub now: Timestamp,
}

impl WhatIf {
    /// How many times smaller contents would be, in millionths.
    #[must_use]
    pub fn ratio(&self) -> u64 {
        self.compress.map_or(ONE, Micros::count)
    }

    /// Refuses to ask for nothing, and for what cannot be.
    ///
    /// # Errors
    ///
    /// [`OperationError`] of kind `Usage`.
    pub fn check(&self) -> Result<(), OperationError> {
        if self.expire.is_empty() && self.compress.is_none() && self.egress.is_none() {
            return Err(OperationError::new(ErrorKind::Usage, "nothing is asked")
                .advise("give --expire PREFIX:DAYS, --compress RATIO or --egress SIZE"));
        }
        if self.ratio() < ONE {
            let message = "contents do not get larger: --compress takes 1 and more";
            return Err(OperationError::new(ErrorKind::Usage, message));
        }
        Ok(())
    }

    /// Looks at a bucket as it is and as it would be; `progress` is told what was seen so far.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the listing is not whole.
    pub async fn survey(
        &self,
        lake: &dyn Lake,
        place: &WhatIfPlace<'_>,
        progress: &mut (dyn FnMut(&Usage) + Send),
    ) -> Result<WhatIfUsage, Fault> {
        let WhatIfPlace { bucket, prefix, now } = *place;
        let versioning = lake.versioning(bucket).await?;
        let rules = lake.lifecycle(bucket).await?;
        let mut seen = WhatIfSurvey {
            asked: self,
            now,
            progress,
            usage: WhatIfUsage {
                before: Usage::default(),
                after: Usage::default(),
                expired: Usage::default(),
                stays: ExpiredStays::of(versioning, &rules),
            },
        };
        survey_prefix(lake, bucket, prefix, &mut seen).await?;
        Ok(seen.usage)
    }
}

impl WhatIfUsage {
    /// The bills of the month, with so much egress noted so far.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the plan begins later.
    pub fn make_bills(
        &self,
        basis: &CostBasis,
        noted: ByteSize,
        more: ByteSize,
    ) -> Result<WhatIfBills, OperationError> {
        let egress = ByteSize(noted.0.saturating_add(more.0));
        Ok(WhatIfBills {
            before: basis.bill_steady(basis.billed(&self.before), noted)?,
            after: basis.bill_steady(basis.billed(&self.after), egress)?,
        })
    }
}

impl ExpiredStays {
    /// What a bucket of these settings does.
    #[must_use]
    pub fn of(versioning: Versioning, rules: &Lifecycle) -> Self {
        if versioning == Versioning::Never {
            return Self::NotAtAll;
        }
        let all = rules.iter().filter(|(_, rule)| rule.enabled && rule.prefix.is_empty());
        let shortest = all.filter_map(|(_, rule)| rule.expire_noncurrent).min();
        shortest.map_or(Self::ForEver, Self::For)
    }
}

/// Sees everything that goes by, and counts it as it is and as it would be.
struct WhatIfSurvey<'a> {
    asked: &'a WhatIf,
    now: Timestamp,
    progress: &'a mut (dyn FnMut(&Usage) + Send),
    usage: WhatIfUsage,
}

impl WhatIfSurvey<'_> {
    /// Whether something would be gone, if the rules had been there all the time.
    fn is_gone(&self, thing: &Thing<'_>) -> Option<bool> {
        if thing.kind != ThingKind::Current {
            return None;
        }
        let mut rules = self.asked.expire.iter().filter(|rule| thing.key.starts_with(&rule.prefix));
        let age = (self.now.unix() - thing.since.unix()) / DAY;
        let rule = rules.find(|rule| age >= i64::from(rule.after.count()))?;
        Some(match self.usage.stays {
            ExpiredStays::NotAtAll => true,
            ExpiredStays::ForEver => false,
            ExpiredStays::For(days) => {
                age >= i64::from(rule.after.count()) + i64::from(days.count())
            }
        })
    }
}

impl Surveyor for WhatIfSurvey<'_> {
    fn sees(&mut self, thing: &Thing<'_>) {
        thing.count_in(&mut self.usage.before);
        match self.is_gone(thing) {
            Some(true) => return thing.count_in(&mut self.usage.expired),
            Some(false) => thing.count_in(&mut self.usage.expired),
            None => (),
        }
        let ratio = self.asked.ratio().max(ONE);
        let smaller = |size: ByteSize| {
            let smaller = (u128::from(size.0) * u128::from(ONE)).div_ceil(u128::from(ratio));
            ByteSize(u64::try_from(smaller).unwrap_or(u64::MAX))
        };
        let smaller = Thing { size: thing.size.map(smaller), ..*thing };
        smaller.count_in(&mut self.usage.after);
    }

    fn page(&mut self) {
        (self.progress)(&self.usage.before);
    }
}
