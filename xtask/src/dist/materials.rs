//! A bill of materials: every crate that the program is built of, as `CycloneDX`.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::fs;
use std::path::Path;

use super::at;
use crate::run::{Failed, printed_by_cargo};

/// A crate as `cargo tree` prints it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Material {
    name: String,
    version: String,
    licence: String,
}

/// Writes the bill to a file.
pub(super) fn write_materials(file: &Path) -> Result<(), Failed> {
    let target = format!("{ARCH}-unknown-linux-gnu");
    let printed = printed_by_cargo(&[
        "tree",
        "--locked",
        "--package",
        "datalake-cli",
        "--edges",
        "normal,build",
        "--target",
        &target,
        "--prefix",
        "none",
        "--no-dedupe",
        "--format",
        "{p}\t{l}",
    ])?;
    let lock = Path::new("Cargo.lock");
    let sums = read_sums(&fs::read_to_string(lock).map_err(at(lock))?);
    let mut materials: Vec<_> =
        String::from_utf8_lossy(&printed).lines().filter_map(read_line).collect();
    materials.sort();
    materials.dedup();
    fs::write(file, write_bill(&materials, &sums)).map_err(at(file))
}

/// `serde v1.0.229 (proc-macro)`, a tab, the licence.
fn read_line(line: &str) -> Option<Material> {
    let (package, licence) = line.split_once('\t')?;
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    // Older crates write `MIT/Apache-2.0`.
    let licence = licence.replace('/', " OR ");
    Some(Material { name: name.to_owned(), version: version.to_owned(), licence })
}

/// The checksum of each crate by name and version, from `Cargo.lock`.
fn read_sums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    let mut sums = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let find = |key: &str| package.lines().find(|line| line.starts_with(key)).map(value);
        if let (Some(name), Some(version), Some(sum)) =
            (find("name = "), find("version = "), find("checksum = "))
        {
            sums.insert((name, version), sum);
        }
    }
    sums
}

fn write_bill(materials: &[Material], sums: &BTreeMap<(String, String), String>) -> String {
    let component = |material: &Material| {
        let Material { name, version, licence } = material;
        let sum = sums.get(&(name.clone(), version.clone()));
        let hash = sum.map(|sum| {
            format!(", \"hashes\": [{{ \"alg\": \"SHA-256\", \"content\": {} }}]", quote_text(sum))
        });
        format!(
            "    {{ \"type\": \"library\", \"name\": {}, \"version\": {}, \"purl\": {}, \
             \"licenses\": [{{ \"expression\": {} }}]{} }}",
            quote_text(name),
            quote_text(version),
            quote_text(&format!("pkg:cargo/{name}@{version}")),
            quote_text(licence),
            hash.unwrap_or_default(),
        )
    };
    let components: Vec<_> = materials.iter().map(component).collect();
    format!(
        "{{\n  \"bomFormat\": \"CycloneDX\",\n  \"specVersion\": \"1.5\",\n  \"version\": 1,\n  \
         \"metadata\": {{ \"component\": {{ \"type\": \"application\", \"name\": \"datalake\", \
         \"version\": {} }} }},\n  \"components\": [\n{}\n  ]\n}}\n",
        quote_text(env!("CARGO_PKG_VERSION")),
        components.join(",\n"),
    )
}

fn quote_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_crate_with_its_licence() {
        let material = read_line("serde v1.0.229 (proc-macro)\tMIT/Apache-2.0").unwrap();

        assert_eq!((material.name.as_str(), material.version.as_str()), ("serde", "1.0.229"));
        assert_eq!(material.licence, "MIT OR Apache-2.0");
        assert_eq!(read_line(""), None);
    }

    #[test]
    fn a_crate_of_the_registry_has_its_checksum_in_the_bill() {
        let sums = read_sums("[[package]]\nname = \"a\"\nversion = \"1.2.3\"\nchecksum = \"ff\"\n");
        let materials = [read_line("a v1.2.3\tMIT").unwrap()];

        let bill = write_bill(&materials, &sums);

        assert!(bill.contains("\"purl\": \"pkg:cargo/a@1.2.3\""), "{bill}");
        assert!(bill.contains("\"content\": \"ff\""), "{bill}");
    }
}
