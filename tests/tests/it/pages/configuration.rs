//! `docs/configuration.md`: every key of the spec.

use std::collections::BTreeMap;
use std::fs;

use clap::CommandFactory;
use datalake_cli::args::Cli;
use datalake_core::spec::{SpecDocument, SpecKey};
use serde_json::Value;

use super::{cell, code, hold};
use crate::support::{Call, Host, schema};

const HEAD: &str = "\
# The spec: `datalake.yaml`

Values come from, the stronger last: defaults, `/etc/datalake/datalake.yaml`, `~/.config/datalake/datalake.yaml`, `./datalake.yaml` (or the file of `--config`),
variables, flags. `datalake config explain` shows each value and where it comes from, `datalake config show` the whole spec, `datalake config paths` the files.
`datalake init` writes a commented file.

- An unknown key is an error, with the nearest known one.
- A variable is the key in capitals, with `DATALAKE_` before it, `__` for a dot and `_` for a hyphen. Lists have commas between their words.
- The key pair is in none of these. `credentials:` says where it comes from, and counts whole: a stronger layer replaces all of it.
- `datalake schema spec > datalake.schema.json` writes the JSON Schema, with which an editor checks and completes the file. Editors with a YAML language server find it by the first line
  `# yaml-language-server: $schema=datalake.schema.json`.
- Paths in a spec count from the folder of the spec, and so does the folder that `credentials.command` runs in. Paths in variables and flags count from the folder
  that you are in.
- A spec counts only if nobody but you, root and, under `sudo`, the user who called it can have written it ([what is read and run](security.md#what-datalake-reads-and-runs)).
  `--config FILE` takes plain values from any file, but programs, credentials files and the endpoint only from such a one.
- Put into quotes what YAML takes for a number or a yes: `bucket: \"00123\"`.

A usual host needs no more than this:

```yaml
region: fsn1
bucket: acme-dagster-assets
```
";

const CATALOGS: &str = "
## Catalogs of Iceberg

Below `catalogs: NAME:` stand `uri:` (needed) and `warehouse:`. A name has lowercase letters, digits and single hyphens; `load_catalog(\"NAME\")` of pyiceberg finds it. As variables they are
`DATALAKE_CATALOGS__NAME__URI` and `…__WAREHOUSE`. No secret is in an address: the catalog's token or credential is a variable of the unit's own. [What clients read](lake.md#what-each-variable-is-for).

```yaml
region: fsn1
bucket: acme-dagster-assets
catalogs: { prod: { uri: https://catalog.example.org/catalog, warehouse: lake } }
```
";

const ACCESS: &str = "
## Roles

Below `access: NAME:` stand `project:` and `key:` (needed), and either `as:` (`dagster`, `modal-worker`, `backup-writer`, `observer`, `migrator`) or the lists `read:`, `write:` and `list:` with prefixes of keys,
`*` for the whole bucket. [What they mean](access.md#roles). They count only from a file that nobody else can have written.

```yaml
region: fsn1
bucket: acme-dagster-assets
access: { modal: { project: p7654321, key: AKMODALEXAMPLE, as: modal-worker } }
```
";

const PLANS: &str = "
## Price lists of your own

Below `cost: plans: NAME:` stand `currency:` (`EUR` or `USD`, needed), `base-month:`, `base-hour:` (up to `base-month:`), `storage-tb-month:` or
`storage-tb-hour:`, `storage-included:`, `smallest-object:`, `egress-tb:` and `egress-included:`. What is left out costs nothing.

```yaml
region: fsn1
bucket: acme-dagster-assets
cost: { plan: office, plans: { office: { currency: EUR, base-month: 2.50, storage-tb-month: 6.00, storage-included: 100GB, egress-tb: 1.00 } } }
```
";

#[test]
fn the_page_of_the_spec_has_every_key_as_the_program_takes_it() {
    let defaults = serde_json::to_value(SpecDocument::defaults()).unwrap();
    let flags = flags();
    let (mut text, mut part) = (HEAD.to_owned(), "");
    for key in SpecKey::ALL {
        let above = key.name.split_once('.').map_or("", |(above, _)| above);
        if above != part || key.name == "region" || key.name == "logs" {
            part = above;
            let title = if above.is_empty() { key.name } else { above };
            text += &format!(
                "\n## `{title}:`{}\n\n",
                if key.name == "region" { " and the location" } else { "" }
            );
            text += "| key | takes | default | flag | meaning |\n|---|---|---|---|---|\n";
        }
        let default =
            default_of(&defaults, key.name).map_or_else(|| "–".to_owned(), |text| code(&text));
        let flag = flags.get(key.name).map_or("–".to_owned(), |flag| code(flag));
        let meaning = format!("{} Example: {}", key.meaning, code(&written(&key)));
        text += &format!(
            "| `{}`<br>{} | {} | {default} | {flag} | {} |\n",
            key.name,
            if has_variable(&key) { code(&variable(key.name)) } else { "no variable".to_owned() },
            key.takes,
            cell(&meaning)
        );
    }

    hold("configuration.md", &(text + CATALOGS + ACCESS + PLANS));
}

#[test]
fn every_example_of_a_key_is_taken_from_file_and_variable() {
    for key in SpecKey::ALL {
        let host = Host::usual();
        let spec = format!("region: fsn1\nbucket: acme\n{}\n", written(&key));
        let spec = match key.name {
            "region" => spec.replacen("region: fsn1\n", "", 1),
            "bucket" => spec.replacen("bucket: acme\n", "", 1),
            _ => spec,
        };
        fs::write(host.work().join("datalake.yaml"), spec).unwrap();
        let explained = host.bare("config explain --json").run().exits(0).json("config-values");
        assert_eq!(source_of(&explained, key.name), "datalake.yaml", "{}", key.name);
        let shown = host.bare("config show --json").run().exits(0).json("config");
        let document: SpecDocument = serde_json::from_value(shown).unwrap();
        let checked =
            document.clone().check_store().map(drop).and_then(|()| document.host.check().map(drop));
        // The others below `modal:` need a secret.
        let cost = document.cost.check().map(drop);
        assert_eq!((checked, cost), (Ok(()), Ok(())), "{}", key.name);
        fs::remove_file(host.work().join("datalake.yaml")).unwrap();

        if !has_variable(&key) {
            continue;
        }
        let name = variable(key.name);
        let call = host.bare("config explain --json").env(&name, key.example);
        let explained = call.run().exits(0).json("config-values");
        assert_eq!(source_of(&explained, key.name), format!("variable {name}"));
    }
}

#[test]
fn the_schema_of_the_spec_takes_what_the_program_takes() {
    let schema: Value = serde_json::from_str(&schema(&["spec"])).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let takes = |yaml: &str| schema.is_valid(&serde_yaml::from_str::<Value>(yaml).unwrap());

    for key in SpecKey::ALL {
        assert!(takes(&written(&key)), "{}", written(&key));
    }
    for odd in [
        "protect: { versioning: \"false\" }",
        "limits: { requests-per-second: off, connections: \"8\" }",
        "host: { units: \"dagster-webserver, dagster-daemon\" }",
    ] {
        assert!(takes(odd), "{odd}");
    }
    for wrong in [
        "buckets: acme",
        "host: { unit: dagster-daemon }",
        "protect: { versioning: 30d }",
        "logs: syslog",
        "credentials: { from: env, file: hetzner.env }",
    ] {
        assert!(!takes(wrong), "{wrong}");
    }
}

/// A list of words, a number and a set of keys are no text.
fn has_variable(key: &SpecKey) -> bool {
    let of_files = ["credentials.command", "credentials.fd", "cost.plans", "catalogs", "access"];
    let of_schedule = ["schedule.jobs", "schedule.on-failure"];
    !of_files.contains(&key.name) && !of_schedule.contains(&key.name)
}

fn variable(key: &str) -> String {
    format!("DATALAKE_{}", key.to_uppercase().replace('.', "__").replace('-', "_"))
}

/// The key with its example, as a file has it.
fn written(key: &SpecKey) -> String {
    let is_list = key.takes.starts_with("names") || key.name == "protect.expire";
    let is_text = key.example.contains([':', ',']) && !key.example.starts_with(['[', '{']);
    let value = match key.example {
        list if is_list => {
            let words = list.split(',').map(|word| {
                if word.contains(':') { format!("\"{word}\"") } else { word.to_owned() }
            });
            format!("[{}]", words.collect::<Vec<_>>().join(", "))
        }
        text if is_text => format!("\"{text}\""),
        plain => plain.to_owned(),
    };
    match key.name.split_once('.') {
        Some((above, own)) => format!("{above}: {{ {own}: {value} }}"),
        None => format!("{}: {value}", key.name),
    }
}

fn default_of(defaults: &Value, key: &str) -> Option<String> {
    let value = key.split('.').try_fold(defaults, |value, part| value.get(part))?;
    Some(match value {
        Value::String(text) => text.clone(),
        Value::Array(words) => {
            words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    })
}

fn source_of(explained: &Value, key: &str) -> String {
    let all = explained.as_array().unwrap();
    let found = all.iter().find(|value| value["key"] == key).unwrap();
    found["source"].as_str().unwrap().to_owned()
}

/// The flag that sets each key, found by trying all of them.
fn flags() -> BTreeMap<String, String> {
    let cli = Cli::command();
    let values = cli.get_arguments().filter(|arg| arg.get_help_heading().is_some());
    let mut flags = BTreeMap::new();
    for arg in values {
        let (host, long) = (Host::usual(), arg.get_long().unwrap());
        let name = arg.get_value_names().unwrap()[0].to_string();
        let words = format!("config explain --json --{long} 7");
        let call = Call::new(&host.work(), &words).env("HOME", host.work());
        let explained = call.run().exits(0).json("config-values");
        let all = explained.as_array().unwrap().iter();
        let set: Vec<_> = all.filter(|value| value["source"] == "the command line").collect();
        assert_eq!(set.len(), 1, "--{long} sets {set:?}");
        flags.insert(set[0]["key"].as_str().unwrap().to_owned(), format!("--{long} {name}"));
    }
    flags
}
