//! The pure crates touch nothing: no runtime, network, file, clock, environment or chance, not even
//! through others.

use std::collections::BTreeSet;
use std::fs;

use cargo_metadata::{DependencyKind, Node, PackageId};

use super::{WORKSPACE, folder, member, root};

const PURE: [&str; 6] = [
    "datalake-core",
    "datalake-dagster",
    "datalake-desired",
    "datalake-lanes",
    "datalake-quadlet",
    "datalake-report",
];

/// Crates that touch the world, one line for each way of doing so.
const IMPURE: [&[&str]; 6] = [
    &["tokio", "mio", "async-io", "async-std", "smol", "polling", "futures-timer"],
    &[
        "reqwest",
        "hyper",
        "h2",
        "ureq",
        "curl",
        "socket2",
        "rustls",
        "native-tls",
        "rust-s3",
        "s3s",
    ],
    &["rustix", "nix", "tempfile", "fs-err", "walkdir", "ignore", "notify", "memmap2"],
    &["chrono", "jiff", "iana-time-zone", "quanta"],
    &["figment", "config", "dotenvy", "dirs", "home", "etcetera", "clap", "inquire"],
    &["getrandom", "rand", "fastrand", "uuid", "tracing", "log"],
];

#[test]
fn nothing_below_a_pure_crate_touches_the_world() {
    for name in PURE {
        let below = below(name);
        assert!(below.len() > 1, "{name} has lost its dependencies: {below:?}");

        let impure: Vec<_> =
            IMPURE.iter().copied().flatten().filter(|impure| below.contains(**impure)).collect();

        assert!(impure.is_empty(), "{name} pulls in {impure:?}");
    }
}

#[test]
fn a_pure_crate_bans_what_std_offers_and_keeps_the_thresholds() {
    let thresholds = fs::read_to_string(root().join("clippy.toml")).unwrap();
    for name in PURE {
        let own = fs::read_to_string(folder(member(name)).join("clippy.toml")).unwrap();
        let lines: BTreeSet<_> = own.lines().collect();

        for threshold in thresholds.lines() {
            assert!(lines.contains(threshold), "{name}: its clippy.toml lacks {threshold}");
        }
        for banned in ["std::fs::File", "std::time::SystemTime", "std::env::var", "std::fs::read"] {
            assert!(own.contains(&format!("\"{banned}\"")), "{name} may use {banned}");
        }
    }
}

/// The names of all packages that end up in a crate.
fn below(name: &str) -> BTreeSet<&'static str> {
    let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
    let mut left = vec![&member(name).id];
    while let Some(id) = left.pop() {
        if seen.insert(id) {
            let normal = node(id).deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
            });
            left.extend(normal.map(|dependency| &dependency.pkg));
        }
    }
    seen.into_iter().map(|id| WORKSPACE[id].name.as_str()).collect()
}

fn node(id: &PackageId) -> &'static Node {
    let resolve = WORKSPACE.resolve.as_ref().unwrap();
    resolve.nodes.iter().find(|node| node.id == *id).unwrap()
}
