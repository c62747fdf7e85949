//! Python that works with today's Modal: the functions, and the asset that calls them.

use datalake_core::modal::ModalObject;

const FUNCTIONS: &str = include_str!("templates/functions.py");
const ASSET: &str = include_str!("templates/asset.py");

/// The name of the file with the functions.
pub const FUNCTIONS_FILE: &str = "modal_functions.py";
/// The name of the file with the asset.
pub const ASSET_FILE: &str = "modal_assets.py";

/// The file with the functions of an app, which use this secret.
#[must_use]
pub fn functions(app: &ModalObject, secret: &ModalObject) -> String {
    let environment = secret.environment.as_ref().map_or_else(String::new, |environment| {
        format!("\n    environment_name=\"{environment}\",")
    });
    fill_template(FUNCTIONS, app, &environment).replace("{{secret}}", secret.name.as_str())
}

/// The file with the asset, for a project that loads every file below its `defs`.
#[must_use]
pub fn asset(app: &ModalObject) -> String {
    let text = fill_template(ASSET, app, &environment_of(app)).replace("{{definitions}}", "");
    format!("{}\n", text.trim_end())
}

/// The same as a file that is loaded by itself.
#[must_use]
pub fn asset_alone(app: &ModalObject) -> String {
    let definitions = "\n\ndefs = dg.Definitions(assets=[modal_processed])";
    let text =
        fill_template(ASSET, app, &environment_of(app)).replace("{{definitions}}", definitions);
    format!("{}\n", text.trim_end())
}

fn environment_of(app: &ModalObject) -> String {
    let named = |environment| format!(", environment_name=\"{environment}\"");
    app.environment.as_ref().map_or_else(String::new, named)
}

fn fill_template(template: &str, app: &ModalObject, environment: &str) -> String {
    template.replace("{{app}}", app.name.as_str()).replace("{{environment}}", environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(name: &str, environment: Option<&str>) -> ModalObject {
        let environment = environment.map(|text| text.parse().unwrap());
        ModalObject { name: name.parse().unwrap(), environment }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for environment in [None, Some("dev")] {
            let (app, secret) = (object("compute", environment), object("s3", environment));
            for text in [functions(&app, &secret), asset(&app), asset_alone(&app)] {
                assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
                assert_eq!(text.contains("environment_name=\"dev\""), environment.is_some());
            }
        }
    }
}
