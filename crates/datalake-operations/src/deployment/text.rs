//! A Dagster deployment as text.

use super::{EnvironmentReport, EnvironmentState, Report, UnitReport, Variables};
use datalake_core::text::printable;

/// The deployment with all that is wrong, and its cures; `restart` is the command that restarts services.
#[must_use]
pub fn render_deployment(report: &Report, restart: &str) -> String {
    let Report { user, uid, home, .. } = report;
    let mut text = format!("user        {user} ({uid}), {home}\n");
    text.push_str(&describe_lingering(report));
    text.push_str(&describe_podman(report));
    if report.online == Some(false) {
        text.push_str(
            "network     network-online.target is not active: each start waits for up to 90 s\n            \
             cure: systemctl start network-online.target, and enable what waits for the network\n",
        );
    }
    for folder in &report.folders {
        text.push_str(&format!("folder      {}\n", printable(folder)));
    }
    for problem in &report.problems {
        text.push_str(&format!("unknown     {}\n", printable(problem)));
    }
    for unit in &report.units {
        text.push_str(&render_unit(unit, report.settings_in.name(), restart));
    }
    text
}

fn describe_lingering(report: &Report) -> String {
    match report.lingers {
        Some(true) => "lingering   on: services run without a login\n".to_owned(),
        Some(false) => format!(
            "lingering   off: services end with the last login, and do not start at boot\n            \
             cure: loginctl enable-linger {}\n",
            report.user
        ),
        None => String::new(),
    }
}

fn describe_podman(report: &Report) -> String {
    match (&report.podman, report.drop_ins_count) {
        (Some(version), Some(true)) => format!("podman      {version}, reads drop-ins\n"),
        (Some(version), _) => {
            format!("podman      {version}, ignores drop-ins: 5.0 is the first that reads them\n")
        }
        (None, _) => String::new(),
    }
}

fn render_unit(unit: &UnitReport, settings_in: &str, restart: &str) -> String {
    let mut text = format!("\n{}\n", printable(&unit.name));
    let mut add = |name: &str, value: &str| {
        text.push_str(&format!("  {name:<11} {}\n", printable(value)));
    };
    add("state", &describe_state(unit));
    match (&unit.service, &unit.file) {
        (Some(service), _) => add("service", service),
        (None, Some(_)) => add("service", "none: systemd has made none of the file"),
        (None, None) => (),
    }
    add("file", unit.file.as_deref().unwrap_or("none in any quadlet folder"));
    unit.drop_ins.iter().for_each(|path| add("drop-in", path));
    if let Some(container) = &unit.container {
        add("container", &format!("{container}, {}", unit.image.as_deref().unwrap_or_default()));
    }
    for line in describe_environment(&unit.environment, settings_in, restart) {
        add("environment", &line);
    }
    for old in &unit.old_values {
        add("old value", &format!("{}:{}: {}", old.path, old.line, old.harm));
        add("", &format!("cure: {}", old.cure));
    }
    unit.problems.iter().for_each(|problem| add("unknown", problem));
    text
}

fn describe_state(unit: &UnitReport) -> String {
    let (Some(active), Some(sub)) = (&unit.active, &unit.sub) else {
        return "unknown".to_owned();
    };
    let mut text = format!("{active} ({sub})");
    if let Some(since) = &unit.since {
        text.push_str(&format!(" since {since}"));
    }
    if let Some(result) = unit.result.as_ref().filter(|result| *result != "success") {
        text.push_str(&format!(", result: {result}"));
    }
    text + &format!(", restarts: {}", unit.restarts.unwrap_or_default())
}

fn describe_environment(state: &EnvironmentState, settings_in: &str, restart: &str) -> Vec<String> {
    match state {
        EnvironmentState::InStep => vec![format!("as in {settings_in}")],
        EnvironmentState::Differs { other_value, missing } => {
            let list = |what: &str, names: &[String]| {
                (!names.is_empty()).then(|| format!("{what}: {}", names.join(", ")))
            };
            let unlike = list(&format!("not as in {settings_in}"), other_value);
            let lists = [unlike, list("missing", missing)];
            let cure = format!("cure: {restart}; if that does not help, an old value wins");
            lists.into_iter().flatten().chain([cure]).collect()
        }
        EnvironmentState::NoEnvFile => vec!["there is no env file".to_owned()],
        EnvironmentState::NotRunning => vec!["the container does not run".to_owned()],
        EnvironmentState::Unknown => Vec::new(),
    }
}

/// Variables by name and fingerprint.
#[must_use]
pub fn render_environments(report: &EnvironmentReport) -> String {
    let is_file = report.env_file.of.starts_with('/');
    let all = [(if is_file { "env file" } else { "settings in" }, &report.env_file)];
    let all = all.into_iter().chain(report.containers.iter().map(|of| ("container of", of)));
    all.map(|(what, of)| describe_variables(what, of)).collect::<Vec<_>>().join("\n")
}

fn describe_variables(what: &str, of: &Variables) -> String {
    let mut text = format!("{what} {}\n", printable(&of.of));
    if let Some(problem) = &of.problem {
        text.push_str(&format!("  {}\n", printable(problem)));
    }
    let variables = of.prints.iter().flatten();
    for (name, print) in variables {
        let unlike = of.unlike_env_file.contains(name);
        let unlike = if unlike { "  not as in the env file" } else { "" };
        text.push_str(&format!("  {:<34} {print}{unlike}\n", printable(name)));
    }
    let is_here = |name: &&String| of.prints.as_ref().is_some_and(|all| all.contains_key(*name));
    for name in of.unlike_env_file.iter().filter(|name| !is_here(name)) {
        text.push_str(&format!("  {:<34} missing\n", printable(name)));
    }
    text
}
