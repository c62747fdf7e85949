//! Lines of others between datalake's marks.

use datalake_dagster::{DagsterYaml, Setting};
use proptest::prelude::*;
use serde_yaml::Value;

const BASE: &str = "telemetry: {enabled: false}\ncompute_logs:\n  module: m\n  class: LocalComputeLogManager\nlast: 1\n";

fn dir() -> Setting {
    Setting::Text("/logs".to_owned())
}

fn renewed(text: &str) -> String {
    let edited = DagsterYaml::parse(text).unwrap().with_s3_logs(&dir()).unwrap();
    let filled = edited.body().fill_plain(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8_lossy(filled.expose()), edited.text(), "the pieces");
    edited.text().to_owned()
}

fn taken_out(text: &str) -> String {
    let edited = DagsterYaml::parse(text).unwrap().without_s3_logs().unwrap();
    let filled = edited.body().fill_plain(text.as_bytes()).unwrap();
    assert_eq!(String::from_utf8_lossy(filled.expose()), edited.text(), "the pieces");
    edited.text().to_owned()
}

/// The block of S3 with `line` put before or behind the line that holds `at`.
fn with_line(line: &str, at: &str) -> String {
    let text = renewed(BASE);
    assert!(text.contains(at), "{text}");
    text.split_inclusive('\n')
        .map(|own| if own.contains(at) { format!("{own}{line}") } else { own.to_owned() })
        .collect()
}

#[track_caller]
fn check(line: &str, at: &str, left: &str) {
    let changed = with_line(line, at);

    assert_eq!(renewed(&changed), changed, "a second provision leaves all as it is");
    let back = taken_out(&changed);
    assert!(back.contains(left), "{back}");
    let without = back.replace(left, "");
    assert_eq!(without, BASE, "and nothing else is different");
}

#[test]
fn a_comment_a_key_of_the_block_and_another_root_key_stay() {
    check("# mine\n", "skip_empty_files", "# mine\n");
    check("\n# mine\n\n", "class: S3", "\n# mine\n\n");
    check(
        "    upload_extra_args: {A: b}\n",
        "skip_empty_files",
        "#    upload_extra_args: {A: b}\n",
    );
    check("    upload_interval: 30\n", "endpoint_url", "#    upload_interval: 30\n");
    check(
        "    upload_extra_args:\n      A: b\n",
        "endpoint_url",
        "#    upload_extra_args:\n#      A: b\n",
    );
    check("nux:\n  enabled: true\n", "skip_empty_files", "nux:\n  enabled: true\n");
}

#[test]
fn a_line_of_ours_that_was_changed_or_taken_out_is_ours_again_and_the_others_stay() {
    let changed = with_line("    region: hel1 # mine\n", "endpoint_url");
    let wanted = changed.clone();
    let changed = changed.replace("    prefix: compute-logs\n", "    prefix: elsewhere\n");
    let changed = changed.replace("    skip_empty_files: true\n", "");

    assert_eq!(renewed(&changed), wanted);
}

#[test]
fn a_line_of_ours_with_a_comment_behind_it_stays_as_it_is() {
    let changed = with_line("# mine\n", "endpoint_url");
    let changed = changed.replace("prefix: compute-logs\n", "prefix: compute-logs  # as ever\n");

    assert_eq!(renewed(&changed), changed);
}

const LINES: [&str; 6] = [
    "# a comment\n",
    "\n",
    "      # deep\n",
    "    region: hel1\n",
    "    upload_interval: 30\n",
    "    upload_extra_args:\n      A: b\n",
];

proptest! {
    #[test]
    fn no_line_of_others_is_ever_lost(
        picked in proptest::collection::vec((proptest::sample::select(LINES.to_vec()), 4..10_usize), 1..4),
        crlf: bool,
    ) {
        let own = renewed(BASE);
        let begin = own.lines().position(|line| line.starts_with("# datalake: compute")).unwrap();
        let mut lines: Vec<String> = own.split_inclusive('\n').map(str::to_owned).collect();
        let mut picked = picked;
        picked.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        picked.dedup_by_key(|(line, _)| *line);
        for (line, at) in &picked {
            lines.insert(begin + 1 + at, (*line).to_owned());
        }
        let mut text = lines.concat();
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        // A key twice is no file that Dagster takes as it was meant.
        prop_assume!(serde_yaml::from_str::<Value>(&text).is_ok());

        let again = renewed(&text);
        let back = taken_out(&text);

        prop_assert_eq!(&again, &text);
        for line in picked.iter().flat_map(|(line, _)| line.lines()) {
            prop_assert!(back.contains(line), "{:?} in {}", line, back);
        }
        let read = |text: &str| serde_yaml::from_str::<Value>(text).unwrap();
        prop_assert_eq!(read(&back), read(BASE));
    }
}
