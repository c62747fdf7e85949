//! What lifecycle rules delete next.

use datalake_core::s3::{Lifecycle, LifecycleRule};
use datalake_core::time::{Days, Timestamp};
use datalake_core::usage::Tally;

use super::usage::{Thing, ThingKind};

const DAY: i64 = 86_400;

/// What one rule deletes, by when.
///
/// A service looks once a day, at Hetzner and elsewhere at a time of its own; so what is due may lie
/// there for a day more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The rule's id.
    pub id: String,
    /// The rule.
    pub rule: LifecycleRule,
    /// What is due by now or within a day.
    pub day: Tally,
    /// What is due within seven days, that of the first day included.
    pub week: Tally,
    /// What is due within thirty days.
    pub month: Tally,
}

impl Due {
    /// Nothing yet, for each rule that is enabled.
    #[must_use]
    pub fn of(rules: &Lifecycle) -> Vec<Self> {
        let enabled = rules.iter().filter(|(_, rule)| rule.enabled);
        let none = Tally::default();
        let due = |(id, rule): (&str, &LifecycleRule)| Self {
            id: id.to_owned(),
            rule: rule.clone(),
            day: none,
            week: none,
            month: none,
        };
        enabled.map(due).collect()
    }

    /// Counts something, if the rule will delete it. Rules for lone delete markers are not counted:
    /// they are lone once all else has gone.
    pub fn sees(&mut self, thing: &Thing<'_>, now: Timestamp) {
        if !thing.key.starts_with(&self.rule.prefix) {
            return;
        }
        let Some(after) = self.rule.days_of(thing.kind) else { return };
        let left = thing.since.unix() + i64::from(after.count()) * DAY - now.unix();
        for (tally, days) in [(&mut self.day, 1), (&mut self.week, 7), (&mut self.month, 30)] {
            if left <= days * DAY {
                tally.add(thing.size.unwrap_or_default());
            }
        }
    }
}

/// After how long a rule deletes a thing of a kind.
trait DaysOf {
    fn days_of(&self, kind: ThingKind) -> Option<Days>;
}

impl DaysOf for LifecycleRule {
    fn days_of(&self, kind: ThingKind) -> Option<Days> {
        match kind {
            ThingKind::Current => self.expire,
            ThingKind::Noncurrent | ThingKind::OldMarker => self.expire_noncurrent,
            ThingKind::Upload => self.abort_uploads,
            ThingKind::Marker => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datalake_core::s3::Presets;
    use datalake_core::size::ByteSize;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_unix(day * DAY).unwrap()
    }

    #[test]
    fn each_rule_counts_what_it_will_delete() {
        let days = |count| Days::new(count).unwrap();
        let rules = Lifecycle::own(&Presets {
            expire: [("tmp/".to_owned(), days(7))].into(),
            noncurrent: Some(days(30)),
            abort_uploads: Some(days(2)),
            expired_markers: true,
        });
        let mut due = Due::of(&rules);
        let size = Some(ByteSize(100_000));
        let thing = |key, kind, day| Thing { key, kind, size, since: at(day) };
        for thing in [
            thing("tmp/old", ThingKind::Current, 90),
            thing("tmp/next-week", ThingKind::Current, 98),
            thing("kept", ThingKind::Current, 1),
            thing("tmp/hidden", ThingKind::Noncurrent, 95),
            thing("kept", ThingKind::OldMarker, 60),
            thing("kept", ThingKind::Marker, 1),
            thing("x", ThingKind::Upload, 99),
        ] {
            for due in &mut due {
                due.sees(&thing, at(100));
            }
        }

        let counts: Vec<_> = due
            .iter()
            .map(|due| (due.id.as_str(), due.day.count, due.week.count, due.month.count))
            .collect();
        assert_eq!(
            counts,
            [
                ("datalake-delete-markers", 0, 0, 0),
                ("datalake-expire-tmp/", 1, 2, 2),
                ("datalake-old-versions", 1, 1, 2),
                ("datalake-unfinished-uploads", 1, 1, 1),
            ]
        );
    }
}
