//! Worked examples, to the cent.

use datalake_core::price::{
    Account, Bill, Intended, Level, Month, PriceList, Prices, UsageHistory, Vat, bill, estimate,
};
use datalake_core::size::ByteSize;

const KB: u64 = 1_000;
const GB: u64 = 1_000_000 * KB;
const TB: u64 = 1_000 * GB;

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn estimated(plan: &str, month: &str, (storage, egress): (u64, u64), objects: Option<u64>) -> Bill {
    let intended = Intended { storage: ByteSize(storage), objects, egress: ByteSize(egress) };
    let plan = PriceList::named(plan).unwrap();
    estimate(&plan, month.parse().unwrap(), &intended, Account::default()).unwrap()
}

/// In a month of 30 and one of 31 days, and at the old price in one of 30.
#[track_caller]
fn check(storage: u64, egress: u64, objects: Option<u64>, expected: [&str; 3]) {
    let months = ["2026-11", "2026-12", "2025-11"];
    let sums = months
        .map(|month| estimated("hetzner", month, (storage, egress), objects).net().0.to_string());
    assert_eq!(sums, expected.map(|sum| format!("{sum} EUR")), "{storage} {egress} {objects:?}");
}

#[test]
fn a_bucket_at_hetzner_by_size() {
    check(100 * GB, 100 * GB, None, ["6.49", "6.49", "4.99"]);
    check(TB, TB, None, ["6.49", "6.49", "4.99"]);
    check(2_500 * GB, 3 * TB, None, ["17.81", "18.08", "14.15"]);
    check(10 * TB, 10 * TB, None, ["71.79", "73.63", "57.33"]);
}

#[test]
fn small_objects_are_billed_as_64_kb() {
    check(4 * GB, 0, Some(1_000_000), ["6.49", "6.49", "4.99"]);
    check(80 * GB, 0, Some(20_000_000), ["8.24", "8.30", "6.34"]);
    let small = estimated("hetzner", "2026-11", (4 * GB, 0), Some(1_000_000));
    assert_eq!(small.stored.mean(720 * 3600), ByteSize(64 * GB));
}

#[test]
fn gross_is_net_with_the_tax() {
    let gross = |storage, egress, month| {
        let vat: Vat = "19".parse().unwrap();
        estimated("hetzner", month, (storage, egress), None).net().with(vat).0.to_string()
    };

    assert_eq!(gross(100 * GB, 100 * GB, "2026-11"), "7.72 EUR");
    assert_eq!(gross(2_500 * GB, 3 * TB, "2026-11"), "21.19 EUR");
    assert_eq!(gross(2_500 * GB, 3 * TB, "2026-12"), "21.52 EUR");
}

#[test]
fn an_account_that_pays_the_base_already_pays_nothing_more_below_the_quota() {
    let intended =
        Intended { storage: ByteSize(100 * GB), objects: None, egress: ByteSize(100 * GB) };
    let account = Account { base_already_paid: true };
    let plan = PriceList::named("hetzner").unwrap();

    let bill = estimate(&plan, month("2026-11"), &intended, account).unwrap();

    assert_eq!(bill.net().0.to_string(), "0.00 EUR");
}

#[test]
fn the_guide_reckons_with_prices_of_its_own() {
    let guide = |storage, egress| {
        estimated("guide", "2026-11", (storage, egress), None).net().0.to_string()
    };

    assert_eq!(guide(100 * GB, 100 * GB), "1.50 EUR");
    assert_eq!(guide(2_500 * GB, 3 * TB), "42.50 EUR");
}

/// Small and large, each in the provider's own currency.
#[test]
fn other_services_by_their_own_lists() {
    let small = |plan| estimated(plan, "2026-11", (100 * GB, 100 * GB), None).net().0.to_string();
    let large = |plan| estimated(plan, "2026-11", (2_500 * GB, 3 * TB), None).net().0.to_string();

    for (plan, expected) in [
        ("aws", ["2.45 USD", "322.25 USD"]),
        ("b2", ["0.63 USD", "17.31 USD"]),
        ("r2", ["1.35 USD", "37.35 USD"]),
        ("wasabi", ["7.99 USD", "19.98 USD"]),
        ("scaleway", ["1.86 EUR", "69.40 EUR"]),
        ("scaleway-one-zone", ["1.05 EUR", "49.25 EUR"]),
        // 93.13 GiB for 720 hours: a GiB is more than a GB.
        ("ovh", ["0.74 EUR", "18.61 EUR"]),
        ("self-hosted-cx23", ["11.71 EUR", "148.99 EUR"]),
        ("self-hosted-cpx12", ["17.71 EUR", "154.99 EUR"]),
        ("hetzner-usd", ["7.99 USD", "23.58 USD"]),
    ] {
        assert_eq!([small(plan), large(plan)], expected, "{plan}");
    }
    let beyond = estimated("wasabi", "2026-11", (2_500 * GB, 3 * TB), None);
    assert_eq!(beyond.unpriced, ByteSize(500 * GB));
}

#[test]
fn february_has_smaller_quotas() {
    let bill = estimated("hetzner", "2027-02", (TB, 1_100 * GB), None);

    assert_eq!((bill.hours, bill.egress_free), (672, ByteSize(1_008 * GB)));
    // 92 GB above the quota.
    assert_eq!(bill.net().0.to_string(), "6.58 EUR");
}

#[test]
fn a_price_before_the_list_begins_is_told_as_unknown() {
    let intended = Intended { storage: ByteSize(TB), objects: None, egress: ByteSize(0) };
    let plan = PriceList::named("hetzner").unwrap();

    let error = estimate(&plan, month("2024-11"), &intended, Account::default()).unwrap_err();

    let expected = "the prices of `hetzner` are known from 2024-12-01 on, not for all of 2024-11";
    assert_eq!(error.to_string(), expected);
}

fn levels(levels: &[(&str, Option<u64>)]) -> UsageHistory {
    let level = |(since, gigabytes): &(&str, Option<u64>)| Level {
        since: since.parse().unwrap(),
        stored: gigabytes.map(ByteSize::gb),
    };
    UsageHistory::new(levels.iter().map(level), [])
}

#[test]
fn a_bucket_that_is_deleted_and_created_again_is_paid_by_its_started_hours() {
    let history = levels(&[
        ("2026-11-10T08:59:59Z", Some(10)),
        ("2026-11-10T10:00:01Z", None),
        // In an hour that has been counted already, and once more in the next day.
        ("2026-11-10T10:30:00Z", Some(0)),
        ("2026-11-10T10:45:00Z", None),
        ("2026-11-11T00:00:00Z", Some(0)),
        ("2026-11-11T01:00:00Z", None),
    ]);
    let plan = PriceList::named("hetzner").unwrap();

    let bill = bill(&plan, month("2026-11"), &history, Account::default()).unwrap();

    assert_eq!((bill.hours, bill.base.to_string().as_str()), (4, "0.0416"));
    assert_eq!(bill.stored.byte_seconds(), 3_602 * 10 * u128::from(GB));
}

#[test]
fn a_change_of_the_clocks_is_no_hour_more_or_less() {
    // Berlin goes from 02:00 to 03:00 in the night to 2026-03-29, and back on 2026-10-25.
    let spring = [("2026-03-29T01:30:00+01:00", Some(1)), ("2026-03-29T03:30:00+02:00", None)];
    let autumn = [("2026-10-25T02:30:00+02:00", Some(1)), ("2026-10-25T02:30:00+01:00", None)];
    let plan = PriceList::named("hetzner").unwrap();

    for (text, when) in [("2026-03", spring), ("2026-10", autumn)] {
        let bill = bill(&plan, month(text), &levels(&when), Account::default()).unwrap();
        assert_eq!((bill.hours, bill.stored.byte_seconds()), (2, 3_600 * u128::from(GB)), "{text}");
    }
}

#[test]
fn a_price_that_changes_within_a_month_holds_for_its_own_part() {
    let mut plan = PriceList::named("hetzner").unwrap();
    let [old, new] = &mut plan.prices[..] else { panic!("two price lists") };
    new.from = "2026-11-11T00:00:00Z".parse().unwrap();
    let Prices { from, .. } = old;
    assert!(*from < new.from);
    let history = levels(&[("2026-11-01T00:00:00Z", Some(2_000))]);

    let bill = bill(&plan, month("2026-11"), &history, Account::default()).unwrap();

    // 240 hours at 0.0081 and 480 at 0.0104 are 6.936: more than the cap. Storage: 1 TB too much.
    assert_eq!(bill.base.to_string(), "6.49");
    assert_eq!(bill.storage.to_string(), "5.784");
    let whole = estimated("hetzner", "2026-11", (2 * TB, 0), None);
    assert_eq!((bill.stored, bill.stored_free), (whole.stored, whole.stored_free));
}
