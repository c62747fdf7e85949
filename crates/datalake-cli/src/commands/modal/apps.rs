//! Which apps in Modal have new containers, and which may still hold old values.

use datalake_core::{Action, ModalSpec, Receipt};
use datalake_modal::{ListedApp, ModalClient};
use schemars::JsonSchema;
use serde::Serialize;

use crate::render::printable;

/// The apps of Modal's after a secret has changed.
#[derive(Serialize, JsonSchema, Default)]
pub(crate) struct Apps {
    /// Those that were given new containers.
    rolled_over: Vec<String>,
    /// Those of the spec that were not.
    left: Vec<String>,
    /// Those of the spec that are not deployed, so that nothing of them runs.
    not_deployed: Vec<String>,
    /// Deployed ones that the spec does not name.
    others: Vec<String>,
    /// Why nobody knows which those are.
    unknown: Option<String>,
}

/// What became of the apps in a run.
pub(crate) async fn apps_after(
    spec: &ModalSpec,
    receipt: &Receipt,
    client: &ModalClient<'_>,
) -> Apps {
    let steps = receipt.steps.iter().filter_map(|taken| {
        let Action::RollOver(app) = &taken.step.action else { return None };
        Some((app.name.to_string(), taken.is_done()))
    });
    let (done, left): (Vec<_>, Vec<_>) = steps.partition(|(_, is_done)| *is_done);
    let names = |apps: Vec<(String, bool)>| apps.into_iter().map(|(name, _)| name);
    let left = names(left).collect();
    let mut apps = Apps { rolled_over: names(done).collect(), left, ..Apps::default() };
    match client.apps(spec.secret.environment.as_ref()).await {
        Ok(listed) => {
            let deployed = listed.into_iter().filter(ListedApp::is_deployed);
            let deployed: Vec<_> = deployed.map(|app| app.description).collect();
            let (rolled_over, not_deployed) =
                apps.rolled_over.into_iter().partition(|name| deployed.contains(name));
            (apps.rolled_over, apps.not_deployed) = (rolled_over, not_deployed);
            let named = |name: &String| spec.apps.iter().any(|app| app.name.as_str() == name);
            apps.others = deployed.into_iter().filter(|name| !named(name)).collect();
        }
        Err(fault) => apps.unknown = Some(fault.to_string()),
    }
    apps
}

/// The same for people.
pub(crate) fn apps_text(apps: &Apps) -> String {
    let list = |names: &[String]| printable(&names.join(", "));
    let mut text = String::new();
    if !apps.rolled_over.is_empty() {
        text.push_str(&format!("New containers: {}.\n", list(&apps.rolled_over)));
    }
    if !apps.not_deployed.is_empty() {
        text.push_str(&format!("Not deployed: {}.\n", list(&apps.not_deployed)));
    }
    if !apps.left.is_empty() {
        let left = list(&apps.left);
        text.push_str(&format!("Containers of {left} may still hold the old values.\n"));
    }
    if !apps.others.is_empty() {
        text.push_str(&format!(
            "Deployed and not in `modal.apps`: {}. Where one uses the secret, its containers may \
             still hold\nthe old values: datalake modal rollover APP\n",
            list(&apps.others)
        ));
    }
    if let Some(why) = &apps.unknown {
        let why = printable(why);
        text.push_str(&format!("Which other apps may still hold old values is unknown: {why}\n"));
    }
    text
}
