//! What a registry and its reader want to know of the crates that other tools embed.

use std::fs;

use cargo_metadata::Package;

use super::{folder, member};

/// The crates that other tools embed.
const EMBEDDED: [&str; 11] = [
    "datalake-core",
    "datalake-dagster",
    "datalake-desired",
    "datalake-engine",
    "datalake-host",
    "datalake-lanes",
    "datalake-modal",
    "datalake-operations",
    "datalake-quadlet",
    "datalake-report",
    "datalake-s3",
];

/// Of the categories that crates.io knows, those that fit something here.
const CATEGORIES: [&str; 12] = [
    "algorithms",
    "api-bindings",
    "asynchronous",
    "config",
    "cryptography",
    "data-structures",
    "filesystem",
    "network-programming",
    "os::linux-apis",
    "parser-implementations",
    "simulation",
    "visualization",
];

/// What is missing or wrong in the description of a package.
fn find_flaws(package: &Package) -> Vec<String> {
    let mut flaws = Vec::new();
    let mut require = |holds: bool, what: &str| {
        if !holds {
            flaws.push(format!("{}: {what}", package.name));
        }
    };
    let description = package.description.as_deref().unwrap_or_default();
    require(!description.is_empty() && !description.ends_with('.'), "a description, no full stop");
    require(package.license.as_deref() == Some("MIT OR Apache-2.0"), "the licence");
    require(package.rust_version.is_some(), "the oldest Rust");
    let is_keyword = |word: &String| word.len() <= 20 && word.starts_with(char::is_alphabetic);
    require((1..=5).contains(&package.keywords.len()), "one to five keywords");
    require(package.keywords.iter().all(is_keyword), "keywords of at most 20 characters");
    let is_category = |category: &String| CATEGORIES.contains(&category.as_str());
    require((1..=5).contains(&package.categories.len()), "one to five categories");
    require(package.categories.iter().all(is_category), "categories that are known");
    let all_features = &package.metadata["docs"]["rs"]["all-features"];
    require(all_features.as_bool() == Some(true), "docs.rs shows all features");
    let readme = package.readme.as_ref().map(|readme| folder(package).join(readme));
    let readme = readme.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    require(readme.starts_with(&format!("# {}\n", package.name)), "a README with its name");
    flaws
}

#[test]
fn crates_that_others_embed_say_what_they_are() {
    let flaws: Vec<_> = EMBEDDED.into_iter().flat_map(|name| find_flaws(member(name))).collect();

    assert!(flaws.is_empty(), "{flaws:#?}");
}

#[test]
fn crates_that_others_embed_name_the_version_of_each_other() {
    for name in EMBEDDED {
        let package = member(name);
        for ours in package.dependencies.iter().filter(|dependency| dependency.path.is_some()) {
            let version = format!("^{}", member(&ours.name).version);
            assert_eq!(ours.req.to_string(), version, "{name} needs {}", ours.name);
        }
    }
}
