//! Gaps found and restored.

use datalake_core::fault::Fault;
use datalake_core::time::Timestamp;

use super::{list_keys, named_commands};
use crate::lake::test_service::TestService;
use crate::lake::{Gap, GapReporter, GapSearch, GapTotals, choose_asset_prefix};
use crate::{AdvisedCommand, ErrorKind};

/// Keeps what it is told.
#[derive(Default)]
struct Told(Vec<String>);

impl GapReporter for Told {
    fn found(&mut self, gaps: &[Gap]) {
        self.0.extend(gaps.iter().map(|gap| format!("found {}", gap.key.as_str())));
    }

    fn restored(&mut self, gap: &Gap, outcome: Result<(), Fault>, _: &GapTotals) {
        let ended = if outcome.is_ok() { "restored" } else { "kept" };
        self.0.push(format!("{ended} {}", gap.key.as_str()));
    }
}

/// `old` and `young` are deleted, 1,000 seconds apart; `there` is not.
async fn service_with_gaps() -> TestService {
    let service = TestService::with_keys(&[]).await.keeping_versions().await;
    for text in ["assets/old", "assets/young", "assets/there", "other/old"] {
        service.put(text, "123").await;
    }
    service.delete("assets/old").await;
    service.delete("other/old").await;
    service.store.set_now(Timestamp::from_unix(1_000).unwrap());
    service.delete("assets/young").await;
    service
}

fn search(service: &TestService, takes_young: bool) -> GapSearch<'_> {
    GapSearch {
        lake: &service.store,
        bucket: &service.bucket,
        prefix: "assets/",
        now: Timestamp::from_unix(1_100).unwrap(),
        takes_young,
    }
}

#[tokio::test]
async fn gaps_are_found_below_the_prefix_and_young_ones_counted_apart() {
    let service = service_with_gaps().await;
    let mut told = Told::default();

    let totals = search(&service, false).find_gaps(&mut told).await.unwrap();

    assert_eq!(totals, GapTotals { gaps: 1, bytes: 3, young: 1, ..GapTotals::default() });
    assert_eq!(told.0, ["found assets/old", "found assets/young"]);
}

#[tokio::test]
async fn a_restored_gap_can_be_read_again_and_a_second_search_finds_none() {
    let service = service_with_gaps().await;
    let (mut told, search) = (Told::default(), search(&service, true));
    let mut totals = search.find_gaps(&mut Told::default()).await.unwrap();

    search.restore_gaps(&mut totals, &mut told).await.unwrap();

    assert_eq!((totals.gaps, totals.restored, totals.failed), (2, 2, 0));
    assert_eq!(told.0, ["restored assets/old", "restored assets/young"]);
    let keys = list_keys(&service).await;
    assert_eq!(keys, ["assets/old", "assets/there", "assets/young"]);
    let again = search.find_gaps(&mut Told::default()).await.unwrap();
    assert_eq!(again, GapTotals::default());
}

#[tokio::test]
async fn a_bucket_without_versions_tells_of_no_gap() {
    let service = TestService::with_keys(&["assets/a"]).await;

    let error = search(&service, false).require_versions().await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Config);
    assert_eq!(named_commands(&error), [AdvisedCommand::EnableVersioning]);
    let service = service.keeping_versions().await;
    assert_eq!(search(&service, false).require_versions().await, Ok(()));
}

#[test]
fn the_prefix_of_assets_ends_where_their_names_begin() {
    assert_eq!(choose_asset_prefix(None).unwrap(), "");
    assert_eq!(choose_asset_prefix(Some("lake")).unwrap(), "lake/");
    assert_eq!(choose_asset_prefix(Some("/")).unwrap_err().kind, ErrorKind::Config);
}
