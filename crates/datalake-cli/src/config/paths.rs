//! Values of the spec that name files and programs.

use std::path::{Path, PathBuf};

use figment::value::{Dict, Value};

/// Keys whose values are read, run or sent to: they count only from a file that is trusted.
const GUARDED: [&str; 9] = [
    "access",
    "catalogs",
    "credentials.command",
    "credentials.file",
    "endpoint",
    "host.links",
    "modal.client",
    "modal.token",
    "schedule",
];

/// Words in place of the path of a token.
const TOKEN_WORDS: [&str; 2] = ["env", "profile"];

/// The first key in `values` that counts only from a trusted file.
pub(super) fn guarded_key(values: &Dict) -> Option<&'static str> {
    GUARDED.into_iter().find(|key| match (*key, value_at(values, key)) {
        (_, None) => false,
        ("modal.token", Some(value)) => !value.as_str().is_some_and(|it| TOKEN_WORDS.contains(&it)),
        (_, Some(_)) => true,
    })
}

/// The same values; relative paths among them count from `folder`.
pub(super) fn settle_paths(mut values: Dict, folder: &Path) -> Dict {
    change_path(&mut values, "credentials", "file", |path| settled(path, folder));
    change_path(&mut values, "modal", "client", |path| settled(path, &absolute(folder)));
    change_path(&mut values, "modal", "token", |path| match path {
        word if TOKEN_WORDS.contains(&word) => word.to_owned(),
        path => settled(path, folder),
    });
    change_path(&mut values, "schedule", "ping", |path| settled(path, &absolute(folder)));
    change_path(&mut values, "schedule", "metrics", |path| settled(path, &absolute(folder)));
    let command = section(&mut values, "credentials").and_then(|below| below.get_mut("command"));
    if let Some(Value::Array(_, words)) = command
        && let Some(Value::String(_, program)) = words.first_mut()
        && program.contains('/')
    {
        *program = settled(program, &absolute(folder));
    }
    values
}

fn change_path(values: &mut Dict, above: &str, key: &str, change: impl Fn(&str) -> String) {
    let value = section(values, above).and_then(|below| below.get_mut(key));
    if let Some(Value::String(_, path)) = value
        && !path.is_empty()
    {
        *path = change(path);
    }
}

fn section<'a>(values: &'a mut Dict, name: &str) -> Option<&'a mut Dict> {
    match values.get_mut(name) {
        Some(Value::Dict(_, below)) => Some(below),
        _ => None,
    }
}

fn value_at<'a>(values: &'a Dict, key: &str) -> Option<&'a Value> {
    match key.split_once('.') {
        None => values.get(key),
        Some((above, key)) => values.get(above)?.as_dict()?.get(key),
    }
}

fn settled(path: &str, folder: &Path) -> String {
    folder.join(path).to_string_lossy().into_owned()
}

/// The folder from `/` on, which a program needs that is started elsewhere.
fn absolute(folder: &Path) -> PathBuf {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::path::absolute(here).unwrap_or_else(|_| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(yaml: &str) -> Dict {
        let value: serde_yaml::Value = serde_yaml::from_str(yaml).unwrap();
        Value::serialize(value).unwrap().into_dict().unwrap()
    }

    #[track_caller]
    fn check_paths(yaml: &str, expected: &str) {
        assert_eq!(
            settle_paths(values(yaml), Path::new("/etc/datalake")),
            values(expected),
            "{yaml}"
        );
    }

    #[test]
    fn a_path_in_a_spec_counts_from_the_folder_of_the_spec() {
        check_paths(
            "{credentials: {file: keys.env}, modal: {client: venv/bin/modal, token: t.env}}",
            "{credentials: {file: /etc/datalake/keys.env}, modal: {client: \
             /etc/datalake/venv/bin/modal, token: /etc/datalake/t.env}}",
        );
        check_paths(
            "credentials: {command: [./get-key, a/b]}",
            "credentials: {command: [/etc/datalake/./get-key, a/b]}",
        );
    }

    #[test]
    fn what_is_no_relative_path_stays() {
        for yaml in [
            "credentials: {file: /srv/keys.env}",
            "credentials: {command: [pass, show, a/b]}",
            "credentials: {command: []}",
            "credentials: {command: [/bin/sh, x]}",
            "{modal: {client: /opt/modal, token: profile}}",
            "{modal: {token: env}, credentials: {file: 7}}",
            "bucket: a/b",
        ] {
            check_paths(yaml, yaml);
        }
    }

    #[track_caller]
    fn check_guarded(yaml: &str, expected: Option<&str>) {
        assert_eq!(guarded_key(&values(yaml)), expected, "{yaml}");
    }

    #[test]
    fn programs_credentials_and_the_endpoint_are_guarded() {
        check_guarded("{region: fsn1, credentials: {command: [id]}}", Some("credentials.command"));
        check_guarded("credentials: {file: keys.env}", Some("credentials.file"));
        check_guarded("endpoint: http://127.0.0.1:1", Some("endpoint"));
        check_guarded("host: {links: [/srv/home]}", Some("host.links"));
        check_guarded("modal: {secret: s, client: /opt/modal}", Some("modal.client"));
        check_guarded("modal: {secret: s, token: keys.env}", Some("modal.token"));
        check_guarded("schedule: {jobs: {usage: daily}}", Some("schedule"));
    }

    #[test]
    fn plain_values_are_not() {
        check_guarded("{region: fsn1, bucket: b, credentials: {from: env}}", None);
        check_guarded("{modal: {secret: s, token: env, container: u}, host: {user: u}}", None);
    }
}
