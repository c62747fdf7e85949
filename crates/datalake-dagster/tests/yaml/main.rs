//! `dagster.yaml` changed as text: fixtures in the ways of real files, and generated ones.

#![cfg(test)]

mod fixtures;
mod generated;
mod odd;
mod others;
mod python_yaml;

use datalake_dagster::{DagsterYaml, Setting};

/// The text with S3 logs by way of `/logs`; checked to come back as it was.
#[track_caller]
fn there_and_back(text: &str) -> String {
    let local_dir = Setting::Text("/logs".to_owned());
    let yaml = DagsterYaml::parse(text).unwrap();
    let s3 = yaml.with_s3_logs(&local_dir).unwrap();

    let again = DagsterYaml::parse(s3.text()).unwrap();
    assert_eq!(again.with_s3_logs(&local_dir).unwrap().text(), s3.text(), "a second change");
    let back = again.without_s3_logs().unwrap();
    assert_eq!(back.text(), text, "what was there before");
    for (old, edited) in [(text, &s3), (s3.text(), &back)] {
        let filled = edited.body().fill_plain(old.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(filled.expose()), edited.text(), "the pieces");
    }
    s3.text().to_owned()
}
