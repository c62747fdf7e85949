//! The commands by which people have containers take up what has changed.

use datalake_core::host::{UnitManager, UnitName};
use datalake_core::spec::HostSpec;

use crate::{DagsterUnit, HostPaths, HostUnits};

/// The commands for all units of the spec, in the order in which they are run: the running ones, and
/// the instances of templates.
#[must_use]
pub fn list_restart_commands(host: &HostSpec, paths: &HostPaths) -> Vec<String> {
    let systemctl = name_systemctl(host);
    let running = paths.find_running_units(&host.units);
    let running = running.iter().map(ToString::to_string);
    let names: Vec<_> = running.chain(list_instances(host, paths)).collect();
    let reload = format!("{systemctl} daemon-reload");
    if names.is_empty() {
        return vec![reload];
    }
    vec![reload, format!("{systemctl} restart {}", names.join(" "))]
}

/// What a run leaves to people: the restart of a template's instances, a sentence for each template.
#[must_use]
pub fn list_template_remarks(host: &HostSpec, paths: &HostPaths) -> Vec<String> {
    let sentence = |(name, pattern): (String, String)| {
        format!(
            "`{name}` is a template: its instances take the settings at their next start; to restart \
             those that run: {} restart {pattern}",
            name_systemctl(host)
        )
    };
    let names = list_templates(host, paths).into_iter().map(|name| name.to_string());
    names.zip(list_instances(host, paths)).map(sentence).collect()
}

fn name_systemctl(host: &HostSpec) -> String {
    match UnitManager::of_user(host.user.as_str()) {
        UnitManager::User => format!("systemctl --user -M {}@", host.user),
        UnitManager::Host => "systemctl".to_owned(),
    }
}

/// The running instances of each template among the units, as `systemctl` takes them.
fn list_instances(host: &HostSpec, paths: &HostPaths) -> Vec<String> {
    list_templates(host, paths).iter().map(|name| format!("'{name}*'")).collect()
}

fn list_templates(host: &HostSpec, paths: &HostPaths) -> Vec<UnitName> {
    let roles = paths.host_units.iter().flat_map(HostUnits::find_roles);
    let templates = roles.filter(|unit: &DagsterUnit<'_>| unit.container.is_template());
    let names = templates.map(|unit| unit.container.name);
    names.filter(|name| host.units.contains(name)).collect()
}
