//! `docs/kinds.md`: what a migration knows of each kind of file.

use std::process::Command;

use serde_json::Value;

use super::{cell, hold};

const HEAD: &str = "\
# Kinds of files

What `migrate` makes of the files in Dagster's storage, as `datalake migrate kinds` lists them. The content and the place of a file show what it is, never only its name: a partition may be called `a.db`, an asset `history`.
`TABLES` is where the spec's [`tables:`](configuration.md) are; below a bucket of their own, frames and tables keep the prefix of the assets. A kind without a place to go is named in every report and stays where it is.

| kind | recognised by | whole when | goes to | read there by | `free` |
|---|---|---|---|---|---|
";

#[test]
fn the_page_of_kinds_is_the_table_of_the_program() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_datalake-under-test"));
    let ran = program.args(["migrate", "kinds", "--json"]).env_clear().output().unwrap();
    let document: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let text = |row: &Value, key: &str| cell(row[key].as_str().unwrap());
    let row = |row: &Value| {
        let cells = ["words", "recognised", "whole", "goes", "read", "free"];
        let cells: Vec<_> = cells.iter().map(|key| text(row, key)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rows: String = document["data"].as_array().unwrap().iter().map(row).collect();

    hold("kinds.md", &[HEAD, &rows].concat());
}
