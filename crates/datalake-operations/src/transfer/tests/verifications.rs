//! Two places compared.

use datalake_core::time::Timestamp;
use datalake_core::transfer::Subset;
use datalake_engine::transfer::{Depth, Findings, ItemTally, Links, TransferLimits, Verification};

use super::bed::{Bed, Told, side};
use crate::transfer::{
    PairVerification, TransferChoices, TransferSide, VerificationEnd, choose_filter,
    choose_scrub_subset,
};
use crate::{ErrorKind, OperationError};

/// What is compared.
struct Asked {
    source: TransferSide,
    dest: TransferSide,
    bucket_only: bool,
    how: Verification,
}

fn ask(source: &str, dest: &str, depth: Depth) -> Asked {
    let filter = choose_filter(&[], &[]).unwrap();
    let how =
        Verification { depth, subset: Subset::ALL, filter, limits: TransferLimits::default() };
    Asked { source: side(source), dest: side(dest), bucket_only: false, how }
}

impl Asked {
    fn verification(&self) -> PairVerification<'_> {
        PairVerification {
            source: &self.source,
            dest: &self.dest,
            links: Links::Skip,
            bucket_only: self.bucket_only,
            has_patterns: false,
            how: &self.how,
        }
    }

    async fn compare(&self, bed: &Bed) -> Result<VerificationEnd, OperationError> {
        let (verification, context) = (self.verification(), bed.context());
        let job = verification.read_job(&context)?;
        let findings = verification.compare(&context, &job, &Told::default()).await?;
        verification.judge(&findings)
    }
}

async fn synced() -> Bed {
    let bed = Bed::new(&[], &["a.csv", "deep/b.csv"]).await;
    let up = vec![bed.read_pair("/srv", "s3://acme-lake/raw").unwrap()];
    bed.carry_out(up, &TransferChoices::default()).await.unwrap();
    bed
}

#[tokio::test(start_paused = true)]
async fn what_was_brought_is_equal_until_somebody_changes_it() {
    let bed = synced().await;
    for depth in [Depth::Listed, Depth::Content] {
        for bucket_only in [false, true] {
            let asked = Asked { bucket_only, ..ask("/srv", "s3://acme-lake/raw", depth) };
            let end = asked.compare(&bed).await;
            assert_eq!(end, Ok(VerificationEnd::Equal), "{depth:?}, {bucket_only}");
        }
    }
    bed.service.put("raw/a.csv", "other").await;

    let changed = ask("/srv", "s3://acme-lake/raw", Depth::Listed).compare(&bed).await;
    bed.service.delete("raw/deep/b.csv").await;
    let missing = ask("/srv", "s3://acme-lake/raw", Depth::Listed).compare(&bed).await;

    assert_eq!(changed.unwrap_err().messages, ["1 object missing or not as brought there"]);
    assert_eq!(missing.unwrap_err().messages, ["2 objects missing or not as brought there"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_is_pending() {
    let bed = synced().await;
    bed.folder("/srv").file("new.csv", "1", 1);

    let asked = ask("/srv", "s3://acme-lake/raw", Depth::Listed);

    assert_eq!(asked.compare(&bed).await, Ok(VerificationEnd::Pending));
    let bucket_only = Asked { bucket_only: true, ..asked };
    assert_eq!(bucket_only.compare(&bed).await, Ok(VerificationEnd::Equal));
}

#[tokio::test(start_paused = true)]
async fn one_file_is_compared_as_it_was_brought() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let up = bed.read_jobs(&["/srv/a.csv"], "s3://acme-lake/raw/x.csv", false).unwrap();
    bed.carry_out(up, &TransferChoices::default()).await.unwrap();

    let end = ask("/srv/a.csv", "s3://acme-lake/raw/x.csv", Depth::Content).compare(&bed).await;

    assert_eq!(end, Ok(VerificationEnd::Equal));
}

#[tokio::test(start_paused = true)]
async fn places_that_no_run_knows_are_no_success() {
    let bed = Bed::new(&[], &["a.csv"]).await;
    let kind = async |source: &str, dest: &str, bucket_only| {
        let asked = Asked { bucket_only, ..ask(source, dest, Depth::Listed) };
        asked.compare(&bed).await.unwrap_err().kind
    };

    assert_eq!(kind("/srv", "s3://acme-lake/raw", true).await, ErrorKind::Absent);
    assert_eq!(kind("/gone", "s3://acme-lake/raw", false).await, ErrorKind::Absent);
    assert_eq!(kind("s3://acme-lake/raw", "/srv", true).await, ErrorKind::Usage);
    assert_eq!(kind("/srv", "s3://acme-lake/r*", true).await, ErrorKind::Usage);
}

#[test]
fn what_differs_comes_before_what_is_unknown() {
    let one = ItemTally { items: 1, bytes: 1 };
    let known = Findings { known: 2, right: one, ..Findings::default() };
    let judge = |findings: Findings| {
        let asked = ask("/srv", "s3://acme-lake/raw", Depth::Listed);
        asked.verification().judge(&findings).map_err(|error| error.kind)
    };

    assert_eq!(judge(known.clone()), Ok(VerificationEnd::Equal));
    for pending in [
        Findings { assumed: one, ..known.clone() },
        Findings { unsent: one, ..known.clone() },
        Findings { edited: one, ..known.clone() },
    ] {
        assert_eq!(judge(pending), Ok(VerificationEnd::Pending));
    }
    let unreadable = Findings { unreadable: one, ..known.clone() };
    assert_eq!(judge(unreadable.clone()), Err(ErrorKind::Partly));
    for differs in [
        Findings { missing: one, ..unreadable.clone() },
        Findings { changed: one, ..unreadable.clone() },
        Findings { damaged: one, ..unreadable },
    ] {
        assert_eq!(judge(differs), Err(ErrorKind::Mismatch));
    }
    assert_eq!(judge(Findings { known: 0, ..known }), Err(ErrorKind::Absent));
}

#[test]
fn a_scrub_reads_another_share_each_day() {
    let day = |day: i64| Timestamp::from_unix(day * 86_400 + 7).unwrap();
    let subset = |percent, round, now| choose_scrub_subset(percent, round, day(now)).unwrap();

    assert_eq!(subset(10, None, 20_000), subset(10, Some(20_000), 1));
    assert_ne!(subset(10, None, 20_000), subset(10, None, 20_001));
    assert!(subset(100, None, 1).is_all());
    assert_eq!(choose_scrub_subset(0, None, day(1)).unwrap_err().kind, ErrorKind::Usage);
}
