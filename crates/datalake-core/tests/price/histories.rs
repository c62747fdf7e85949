//! 10,000 random histories against the slow calculator.

use datalake_core::price::{Account, Level, Month, PriceList, UsageHistory, bill};
use datalake_core::size::ByteSize;
use datalake_core::time::Timestamp;
use proptest::prelude::*;

use crate::slow::{List, Story, Sums, sums};

/// Months of all lengths, with the change of prices between them, and both changes of clocks.
const MONTHS: [&str; 8] =
    ["2025-02", "2026-03", "2026-04", "2026-10", "2026-11", "2026-12", "2027-02", "2028-02"];

fn unix(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().unix()
}

/// Hetzner's lists, the newer one from a day of choice on.
fn lists(change: i64) -> [List; 2] {
    let old =
        List { from: i64::MIN, hourly: 8_100, monthly: 4_990_000, tb_hour: 6_700, tb: 1_000_000 };
    let new =
        List { from: change, hourly: 10_400, monthly: 6_490_000, tb_hour: 8_700, tb: 1_000_000 };
    [old, new]
}

fn told(story: &Story, month: Month, change: i64) -> Sums {
    let at = |seconds| Timestamp::from_unix(seconds).unwrap();
    let level = |(since, bytes): &(i64, Option<u64>)| Level {
        since: at(*since),
        stored: bytes.map(ByteSize),
    };
    let history = UsageHistory::new(
        story.levels.iter().map(level),
        story.egress.iter().map(|(when, bytes)| (at(*when), ByteSize(*bytes))),
    );
    let mut plan = PriceList::named("hetzner").unwrap();
    plan.prices[1].from = at(change);
    let bill = bill(&plan, month, &history, Account::default()).unwrap();
    Sums {
        hours: bill.hours.into(),
        base: bill.base.count().into(),
        storage: bill.storage.count().into(),
        egress: bill.egress.count().into(),
    }
}

/// Levels and egress around a month; many changes lie on full hours or within one.
fn stories() -> impl Strategy<Value = (Month, Story, i64)> {
    let month = (0..MONTHS.len()).prop_map(|at| MONTHS[at].parse::<Month>().unwrap());
    let step = prop_oneof![
        0_i64..4,
        0_i64..7_200,
        (0_i64..50).prop_map(|hours| hours * 3600),
        0_i64..900_000
    ];
    let size = prop_oneof![
        2 => Just(None),
        1 => Just(Some(0)),
        3 => (0_u64..3_000_000_000_000).prop_map(Some),
        2 => (0_u64..100_000_000_000_000).prop_map(Some),
    ];
    let levels = prop::collection::vec((step, size), 0..12);
    let egress = prop::collection::vec((-100_000_i64..2_800_000, 0_u64..2_000_000_000_000), 0..6);
    (month, levels, egress, 0_i64..31, -90_000_i64..90_000).prop_map(
        |(month, steps, egress, day, lead)| {
            let first = month.span().from.unix();
            let mut at = first + lead;
            let mut levels = Vec::new();
            for (step, size) in steps {
                at += step;
                levels.push((at, size));
            }
            let egress = egress.into_iter().map(|(when, bytes)| (first + when, bytes)).collect();
            // A third of the changes lie in the month.
            let change =
                if day < 10 { first + day * 3 * 86_400 } else { unix("2026-04-01T00:00:00Z") };
            (month, Story { levels, egress }, change)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_bill_is_what_a_slow_calculator_says((month, story, change) in stories()) {
        let first = month.span().from.unix();
        let hours = i64::from(month.hours());

        prop_assert_eq!(told(&story, month, change), sums(&story, first, hours, &lists(change)));
    }
}
