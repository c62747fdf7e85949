//! A slow calculator: hour by hour, with fractions, and nothing of the code that it checks.

/// What is in a history, in plain numbers.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    /// Seconds after 1970, and the bytes that are there from then on; `None` for no bucket.
    pub(crate) levels: Vec<(i64, Option<u64>)>,
    /// When how many bytes left.
    pub(crate) egress: Vec<(i64, u64)>,
}

/// Prices of a part of a month, in millionths: of an hour and a month, of a TB-hour, of a TB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List {
    pub(crate) from: i64,
    pub(crate) hourly: u128,
    pub(crate) monthly: u128,
    pub(crate) tb_hour: u128,
    pub(crate) tb: u128,
}

/// Millionths for base, storage and egress; and the hours with a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sums {
    pub(crate) hours: u128,
    pub(crate) base: u128,
    pub(crate) storage: u128,
    pub(crate) egress: u128,
}

const TB: u128 = 1_000_000_000_000;

/// The sums of a month that begins at `first` and has so many hours.
pub(crate) fn sums(story: &Story, first: i64, hours: i64, lists: &[List]) -> Sums {
    let (mut sums, mut cap) = (Sums::default(), 0);
    for (at, list) in lists.iter().enumerate() {
        let end = lists.get(at + 1).map_or(i64::MAX, |next| next.from);
        let (mut with_bucket, mut byte_seconds, mut left) = (0_u128, 0_u128, 0_u128);
        for hour in 0..hours {
            let (from, until) = (first + hour * 3600, first + (hour + 1) * 3600);
            if from < list.from || from >= end {
                continue;
            }
            let (there, stored) = within(&story.levels, from, until);
            with_bucket += u128::from(there);
            byte_seconds += stored;
            let gone = story.egress.iter().filter(|(when, _)| (from..until).contains(when));
            left += gone.map(|(_, bytes)| u128::from(*bytes)).sum::<u128>();
        }
        let storage_above = byte_seconds.saturating_sub(with_bucket * TB * 3600);
        let egress_above = left.saturating_sub(with_bucket * 1_500_000_000);
        sums.hours += with_bucket;
        sums.base += with_bucket * list.hourly;
        sums.storage += rounded(storage_above * list.tb_hour, TB * 3600);
        sums.egress += rounded(egress_above * list.tb, TB);
        if with_bucket > 0 {
            cap = cap.max(list.monthly);
        }
    }
    sums.base = sums.base.min(cap);
    sums
}

/// Whether a bucket was there in any second of a span, and the bytes of all its seconds.
fn within(levels: &[(i64, Option<u64>)], from: i64, until: i64) -> (bool, u128) {
    // Second by second would be slower still; between two changes all seconds are alike.
    let changes = levels.iter().map(|(since, _)| *since).filter(|at| (from..until).contains(at));
    let mut starts: Vec<i64> = changes.chain([from]).collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().chain([until]);
    let mut sum = (false, 0);
    for (start, end) in starts.iter().zip(ends) {
        let level = levels.iter().rfind(|(since, _)| since <= start);
        if let Some((_, Some(bytes))) = level {
            sum.0 = true;
            sum.1 += u128::from(*bytes) * u128::try_from(end - start).unwrap();
        }
    }
    sum
}

fn rounded(above: u128, below: u128) -> u128 {
    let (whole, rest) = (above / below, above % below);
    whole + u128::from(rest * 2 >= below)
}
