//! Which apps in Modal have new containers, and which may still hold old values.

use datalake_core::plan::Action;
use datalake_core::receipt::Receipt;
use datalake_core::spec::ModalSpec;
use datalake_engine::{ListedApp, ModalAccount};
use schemars::JsonSchema;
use serde::Serialize;

/// The apps of Modal's after a secret has changed.
#[derive(Serialize, JsonSchema, Default)]
pub struct Apps {
    /// Those that were given new containers.
    pub rolled_over: Vec<String>,
    /// Those of the spec that were not.
    pub left: Vec<String>,
    /// Those of the spec that are not deployed, so that nothing of them runs.
    pub not_deployed: Vec<String>,
    /// Deployed ones that the spec does not name.
    pub others: Vec<String>,
    /// Why it is unknown which those are.
    pub unknown: Option<String>,
}

/// What became of the apps in a run.
pub async fn find_apps_after(
    spec: &ModalSpec,
    receipt: &Receipt,
    account: &dyn ModalAccount,
) -> Apps {
    let steps = receipt.steps.iter().filter_map(|taken| {
        let Action::RollOver(app) = &taken.step.action else { return None };
        Some((app.name.to_string(), taken.is_done()))
    });
    let (done, left): (Vec<_>, Vec<_>) = steps.partition(|(_, is_done)| *is_done);
    let names = |apps: Vec<(String, bool)>| apps.into_iter().map(|(name, _)| name);
    let left = names(left).collect();
    let mut apps = Apps { rolled_over: names(done).collect(), left, ..Apps::default() };
    match account.list_apps(spec.secret.environment.as_ref()).await {
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
