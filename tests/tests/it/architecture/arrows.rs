//! Which crate may know which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package};

use super::members;

/// A crate, the crates of ours that it uses, and those that only its tests use.
type Arrow = (&'static str, &'static [&'static str], &'static [&'static str]);

const ARROWS: [Arrow; 16] = [
    ("datalake-core", &[], &[]),
    ("datalake-quadlet", &["core"], &[]),
    ("datalake-dagster", &["core"], &[]),
    ("datalake-desired", &["core", "dagster", "quadlet"], &[]),
    ("datalake-report", &["core"], &[]),
    ("datalake-engine", &["core"], &[]),
    ("datalake-operations", &["core", "dagster", "desired", "engine", "quadlet"], &[]),
    ("datalake-s3", &["core", "engine"], &["sim"]),
    ("datalake-host", &["core", "engine", "lanes"], &[]),
    ("datalake-lanes", &[], &[]),
    ("datalake-modal", &["core", "engine"], &[]),
    ("datalake-sim", &[], &[]),
    (
        "datalake-cli",
        &[
            "core",
            "dagster",
            "desired",
            "engine",
            "host",
            "modal",
            "operations",
            "quadlet",
            "report",
            "s3",
            "sim",
        ],
        &[],
    ),
    ("xtask", &[], &[]),
    ("datalake-bench", &[], &[]),
    (
        "datalake-tests",
        &["cli"],
        &["bench", "core", "engine", "operations", "quadlet", "s3", "sim"],
    ),
];

#[test]
fn crates_know_only_whom_they_may() {
    let set = |names: &[&'static str]| names.iter().copied().collect::<BTreeSet<_>>();
    let row = |(name, uses, tests): Arrow| (name, [set(uses), set(tests)]);
    let expected: BTreeMap<_, _> = ARROWS.into_iter().map(row).collect();

    let row = |package: &'static Package| {
        let in_tests = |kind| kind == DependencyKind::Development;
        let kinds = [ours(package, |kind| !in_tests(kind)), ours(package, in_tests)];
        (package.name.as_str(), kinds)
    };
    let found: BTreeMap<_, _> = members().into_iter().map(row).collect();

    assert_eq!(found, expected);
}

fn ours(
    package: &'static Package,
    counts: impl Fn(DependencyKind) -> bool,
) -> BTreeSet<&'static str> {
    let counting = package.dependencies.iter().filter(|dependency| counts(dependency.kind));
    counting.filter_map(|dependency| dependency.name.strip_prefix("datalake-")).collect()
}
