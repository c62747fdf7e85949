//! Time on an axis, with a mark at each month, or at each day where the time is short.

use std::ops::Range;

use datalake_core::price::Month;
use datalake_core::time::Timestamp;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

const DAY: i64 = 86_400;
/// In more days there are two beginnings of a month.
const MOST_DAYS: i64 = 62;
const NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Seconds after 1970 with the marks that fit.
#[derive(Clone)]
pub(super) struct MonthAxis {
    range: Range<i64>,
    marks: Vec<i64>,
    by_month: bool,
}

impl MonthAxis {
    /// An axis with at most so many marks.
    pub(super) fn new(from: i64, until: i64, most: usize) -> Self {
        let range = from..until;
        let months = list_months(&range);
        let by_month = months.len() >= 2;
        let marks = if by_month {
            thin_out(months, &[1, 2, 3, 6, 12], most)
        } else {
            let first = from - from.rem_euclid(DAY) + DAY;
            let days: Vec<_> = (0..MOST_DAYS)
                .map(|day| first + day * DAY)
                .take_while(|day| *day < until)
                .collect();
            thin_out(days, &[1, 2, 5, 7, 14, 28], most)
        };
        Self { range, marks, by_month }
    }

    /// What stands at a mark: the month, with its year in January; the day.
    pub(super) fn label_month(&self, at: i64) -> String {
        let date = Timestamp::from_unix(at).map(Timestamp::date).unwrap_or_default();
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        let month: usize = month.and_then(|month| month.parse().ok()).unwrap_or(1);
        let name = NAMES.get(month.saturating_sub(1)).copied().unwrap_or_default();
        let is_first = self.marks.first() == Some(&at);
        match (self.by_month, year, day) {
            (true, Some(year), _) if month == 1 || is_first => format!("{name} {year}"),
            (false, _, Some(day)) => format!("{name} {}", day.trim_start_matches('0')),
            _ => name.to_owned(),
        }
    }
}

/// The first second of each month in a range.
fn list_months(range: &Range<i64>) -> Vec<i64> {
    let Ok(from) = Timestamp::from_unix(range.start) else { return Vec::new() };
    let begin = |month: &Month| month.span().from.unix();
    std::iter::successors(Some(Month::of(from)), |month| Some(month.next()))
        .map(|month| begin(&month))
        .skip_while(|at| *at < range.start)
        .take_while(|at| *at <= range.end)
        .take(1_200)
        .collect()
}

/// Every n-th mark, by the smallest of these steps that leaves few enough.
fn thin_out(marks: Vec<i64>, steps: &[usize], most: usize) -> Vec<i64> {
    let fits = |step: &&usize| marks.len().div_ceil(**step) <= most.max(1);
    let step = steps.iter().find(fits).copied();
    let step = step.unwrap_or_else(|| marks.len().div_ceil(most.max(1)).max(1));
    marks.into_iter().step_by(step).collect()
}

impl Ranged for MonthAxis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = i64;

    fn map(&self, value: &i64, limit: (i32, i32)) -> i32 {
        let whole = i128::from((self.range.end - self.range.start).max(1));
        let part = i128::from(value - self.range.start) * i128::from(limit.1 - limit.0) / whole;
        limit.0 + i32::try_from(part).unwrap_or(limit.1 - limit.0)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<i64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<i64> {
        self.range.clone()
    }
}

impl ValueFormatter<i64> for MonthAxis {
    fn format(at: &i64) -> String {
        at.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_labels(from: &str, until: &str, most: usize, expected: &[&str]) {
        let seconds = |text: &str| text.parse::<Timestamp>().unwrap().unix();
        let axis = MonthAxis::new(seconds(from), seconds(until), most);
        let labels: Vec<_> = axis.marks.iter().map(|at| axis.label_month(*at)).collect();
        assert_eq!(labels, expected);
    }

    #[test]
    fn marks_stand_at_months_or_days_as_many_as_fit() {
        let expected = ["Oct 2026", "Nov", "Dec", "Jan 2027"];
        check_labels("2026-09-05T00:00:00Z", "2027-01-20T00:00:00Z", 8, &expected);
        check_labels("2026-09-05T00:00:00Z", "2027-01-20T00:00:00Z", 2, &["Oct 2026", "Dec"]);
        check_labels("2026-11-03T05:00:00Z", "2026-11-06T00:00:00Z", 8, &["Nov 4", "Nov 5"]);
        check_labels(
            "2020-01-01T00:00:00Z",
            "2022-12-20T00:00:00Z",
            4,
            &["Jan 2020", "Jan 2021", "Jan 2022"],
        );
    }
}
