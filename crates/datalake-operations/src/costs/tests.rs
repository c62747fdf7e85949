mod surveys;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::price::{Currency, Money, Month};
use datalake_core::s3::BucketName;
use datalake_core::size::ByteSize;
use datalake_core::spec::{CostDocument, CostSpec};
use datalake_core::time::Timestamp;
use datalake_core::usage::{Tally, Usage};
use datalake_engine::memory::MemoryUsageLog;
use datalake_engine::{AssetUse, EgressBy, EgressNote, UsageLog, UsagePlace, UsageSample};

use super::*;
use crate::{Advice, AdvisedCommand, ErrorKind};

const GB: u64 = 1_000_000_000;
const TB: u64 = 1000 * GB;

fn spec() -> CostSpec {
    CostDocument::default().check().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2026-11-20T12:00:00Z")
}

fn basis() -> CostBasis {
    CostBasis::choose(spec(), &CostTerms::default(), now()).unwrap()
}

fn make_place() -> UsagePlace {
    UsagePlace {
        endpoint: "https://fsn1.your-objectstorage.com".parse().unwrap(),
        bucket: bucket(),
    }
}

fn bucket() -> BucketName {
    "lake".parse().unwrap()
}

fn usage(bytes: u64) -> Usage {
    let current = Tally { count: 1, bytes, billed: bytes };
    Usage { current, ..Usage::default() }
}

fn sample(time: &str, bytes: u64) -> UsageSample {
    let total = Tally { count: 1, bytes, billed: bytes };
    let assets = vec![AssetUse { asset: "a".to_owned(), total }];
    UsageSample { at: at(time), usage: usage(bytes), assets }
}

fn log(samples: &[(&str, u64)]) -> MemoryUsageLog {
    let mut log = MemoryUsageLog::default();
    for (time, bytes) in samples {
        log.record(&make_place(), &sample(time, *bytes)).unwrap();
    }
    log
}

fn note(time: &str, by: EgressBy, size: u64) -> EgressNote {
    EgressNote { at: at(time), size: ByteSize(size), by, note: String::new() }
}

#[test]
fn terms_win_over_the_spec_and_the_month_is_the_present_one() {
    let basis = basis();
    assert_eq!((basis.month, basis.plan.name.as_str()), (Month::of(now()), "hetzner"));

    let terms = CostTerms {
        plan: Some("hetzner-usd".to_owned()),
        month: Some("2026-10".parse().unwrap()),
        base_already_paid: true,
        ..CostTerms::default()
    };
    let basis = CostBasis::choose(spec(), &terms, now()).unwrap();

    assert_eq!((basis.month.to_string().as_str(), basis.plan.currency), ("2026-10", Currency::Usd));
    assert!(basis.account.base_already_paid);
}

#[test]
fn an_unknown_plan_is_told_with_those_that_there_are() {
    let terms = CostTerms { plan: Some("he\ttzner".to_owned()), ..CostTerms::default() };

    let error = CostBasis::choose(spec(), &terms, now()).unwrap_err();

    assert_eq!(error.kind, ErrorKind::Usage);
    assert_eq!(error.to_string(), "there is no plan `he\\ttzner`");
    assert!(format!("{:?}", error.advice).contains("hetzner-usd"));
}

#[test]
fn the_first_bucket_costs_the_base_price_unless_that_is_paid() {
    let mut basis = basis();

    assert_eq!(basis.price_first_bucket().unwrap().to_string(), "6.49 EUR");
    basis.account.base_already_paid = true;
    assert_eq!(basis.price_first_bucket(), None);
}

#[test]
fn egress_of_the_month_alone_counts() {
    let mut log = log(&[]);
    for (time, by, size) in [
        ("2026-10-31T23:59:59Z", EgressBy::Operator, 1),
        ("2026-11-01T00:00:00Z", EgressBy::Operator, 10),
        ("2026-11-02T00:00:00Z", EgressBy::Datalake, 100),
        ("2026-12-01T00:00:00Z", EgressBy::Datalake, 1000),
    ] {
        log.record_egress(&make_place(), &note(time, by, size)).unwrap();
    }

    let noted = basis().read_egress(Some(&log), &make_place()).unwrap();

    assert_eq!((noted.entered, noted.moved_by_datalake, noted.counted), (10, 100, 110));
}

#[test]
fn what_a_machine_of_hetzner_reads_is_free() {
    let mut log = log(&[]);
    log.record_egress(&make_place(), &note("2026-11-02T00:00:00Z", EgressBy::Datalake, 5)).unwrap();
    let mut basis = basis();
    basis.spec.on_hetzner = true;

    let noted = basis.read_egress(Some(&log), &make_place()).unwrap();

    assert_eq!((noted.moved_by_datalake, noted.counted), (5, 0));
    assert!(basis.read_egress(None, &make_place()).unwrap().on_hetzner);
}

#[test]
fn a_history_that_cannot_be_used_is_told_by_its_fault() {
    for (kind, told) in [
        (FaultKind::Unreadable, ErrorKind::Io),
        (FaultKind::DiskFull, ErrorKind::Io),
        (FaultKind::Throttled, ErrorKind::Locked),
        (FaultKind::Denied, ErrorKind::Denied),
    ] {
        let mut log = log(&[]);
        log.fault = Some(Fault::new(kind, "words"));

        let error = CostOutlook::read(&basis(), Some(&log), &[make_place()]).unwrap_err();

        assert_eq!(error.kind, told, "{kind:?}");
        assert_eq!(error.messages[0], "the history of usage");
    }
}

#[test]
fn samples_let_expect_a_month_and_the_next_full_tb() {
    let log = log(&[
        ("2026-11-01T00:00:00Z", 2 * TB),
        ("2026-11-10T00:00:00Z", 2 * TB + 100 * GB),
        ("2026-11-20T00:00:00Z", 2 * TB + 200 * GB),
    ]);

    let outlook = CostOutlook::read(&basis(), Some(&log), &[make_place()]).unwrap();

    let expected = outlook.expected.expect("an expectation");
    assert_eq!((outlook.samples.len(), expected.next_tb), (3, ByteSize(3 * TB)));
    let [low, likely, high] = expected.bills().map(|bill| bill.net().0.amount);
    assert!(low <= likely && likely <= high);
    let (bill, counted) = outlook.choose_bill(&basis(), true).unwrap();
    assert_eq!((bill.net().0.amount, counted), (high, CountedSum::HighEnd));
    assert_eq!(outlook.choose_bill(&basis(), false).unwrap().1, CountedSum::Trend);
}

#[test]
fn samples_that_are_too_old_do_not_count() {
    let log = log(&[("2026-01-01T00:00:00Z", TB), ("2026-02-01T00:00:00Z", TB)]);

    let outlook = CostOutlook::read(&basis(), Some(&log), &[make_place()]).unwrap();

    assert!(outlook.samples.is_empty() && outlook.expected.is_none());
}

#[test]
fn one_sample_is_taken_to_stay_as_it_is() {
    let log = log(&[("2026-11-19T00:00:00Z", 3 * TB)]);
    let (basis, outlook) =
        (basis(), CostOutlook::read(&basis(), Some(&log), &[make_place()]).unwrap());

    let (bill, counted) = outlook.choose_bill(&basis, true).unwrap();

    let steady = basis.bill_steady(ByteSize(3 * TB), ByteSize(0)).unwrap();
    assert_eq!((bill.net(), counted), (steady.net(), CountedSum::LastSample));
}

#[test]
fn without_a_sample_a_person_is_told_to_record() {
    let outlook = CostOutlook::read(&basis(), None, &[make_place()]).unwrap();

    let error = outlook.choose_bill(&basis(), false).unwrap_err();

    assert_eq!(error.to_string(), "too little was recorded: 0 samples within ninety days");
    assert!(matches!(&error.advice[..], [Advice::Commands(_, commands)]
        if commands[..] == [AdvisedCommand::RecordUsage]));
}

#[test]
fn a_budget_is_given_or_stands_in_the_spec_and_has_the_plans_currency() {
    let ten = |currency: &str| format!("10{currency}").parse::<Money>().unwrap();
    assert_eq!(choose_budget(&basis(), None).unwrap_err().to_string(), "there is no budget");

    let given = choose_budget(&basis(), Some(ten("EUR"))).unwrap();
    assert_eq!(given, ten("EUR"));
    let error = choose_budget(&basis(), Some(ten("USD"))).unwrap_err();
    assert!(error.to_string().starts_with("the budget is in USD"), "{error}");

    let mut basis = basis();
    basis.spec.budget = Some(ten("EUR"));
    assert_eq!(choose_budget(&basis, None).unwrap(), ten("EUR"));
}

#[test]
fn growth_goes_from_the_first_sample_to_the_last() {
    let log = log(&[
        ("2026-11-01T00:00:00Z", 10),
        ("2026-11-02T00:00:00Z", 90),
        ("2026-11-03T00:00:00Z", 30),
    ]);
    let span = Month::of(now()).span();

    let recorded = RecordedUsage::read(&log, &make_place(), span).unwrap();

    assert_eq!((recorded.samples.len(), recorded.growth[0].change), (3, 20));
    let alone =
        RecordedUsage::read(&self::log(&[("2026-11-01T00:00:00Z", 10)]), &make_place(), span);
    assert!(alone.unwrap().growth.is_empty());
}

#[test]
fn a_bucket_for_tables_counts_from_when_it_was_first_looked_at() {
    let mut log = log(&[("2026-11-01T00:00:00Z", 3 * GB), ("2026-11-10T00:00:00Z", 4 * GB)]);
    let tables = UsagePlace { bucket: "lake-tables".parse().unwrap(), ..make_place() };
    log.record(&tables, &sample("2026-11-10T00:00:00Z", GB)).unwrap();
    log.record(&tables, &sample("2026-11-12T00:00:00Z", 2 * GB)).unwrap();
    log.record_egress(&tables, &note("2026-11-02T00:00:00Z", EgressBy::Operator, 7)).unwrap();
    log.record_egress(&make_place(), &note("2026-11-02T00:00:00Z", EgressBy::Operator, 1)).unwrap();

    let outlook = CostOutlook::read(&basis(), Some(&log), &[make_place(), tables]).unwrap();

    let held: Vec<_> = outlook.samples.iter().map(|it| it.usage.total().bytes / GB).collect();
    assert_eq!(held, [3, 5, 6]);
    assert_eq!((outlook.noted.counted, outlook.unrecorded), (8, Vec::new()));
}

#[test]
fn a_bucket_of_which_nothing_was_recorded_is_named() {
    let log = log(&[("2026-11-01T00:00:00Z", GB)]);
    let tables = UsagePlace { bucket: "lake-tables".parse().unwrap(), ..make_place() };

    let outlook = CostOutlook::read(&basis(), Some(&log), &[make_place(), tables.clone()]).unwrap();

    assert_eq!(outlook.unrecorded, [tables.bucket]);
    let nothing = CostOutlook::read(&basis(), None, &[make_place()]).unwrap();
    assert_eq!(nothing.unrecorded, []);
}
