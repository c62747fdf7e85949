//! Python that works with today's Modal: the functions, and the assets that call them.

use datalake_core::modal::ModalObject;
use datalake_core::s3::{BucketName, Endpoint};

const FUNCTIONS: &str = include_str!("templates/functions.py");
const MOUNTED: &str = include_str!("templates/mounted.py");
const ASSET: &str = include_str!("templates/asset.py");

/// The name of the file with the functions.
pub const FUNCTIONS_FILE: &str = "modal_functions.py";
/// The name of the file with the assets.
pub const ASSET_FILE: &str = "modal_assets.py";

/// How long one attempt of a call may take, in seconds.
const ATTEMPT: u32 = 900;
/// How often a call that has failed is tried again.
const RETRIES: u32 = 2;
/// How long Modal may take to find a container, and to begin another attempt, in seconds.
const SLACK: u32 = 300;
/// How many requests a second one container sends: an object in, an object out, and what is repeated.
const REQUESTS_OF_ONE: u32 = 30;
/// The most containers at one time, whatever the service takes.
const MOST_CONTAINERS: u32 = 20;

/// What the functions are made for.
#[derive(Debug, Clone, Copy)]
pub struct FunctionsPlace<'a> {
    /// Their app.
    pub app: &'a ModalObject,
    /// The secret with the key pair.
    pub secret: &'a ModalObject,
    /// How many requests a second the service takes for one bucket; `None` where that is unknown.
    pub requests_per_second: Option<u32>,
    /// The bucket, where it is known: Modal mounts one only by its name and address.
    pub mount: Option<(&'a BucketName, &'a Endpoint)>,
}

/// The file with the functions of an app.
#[must_use]
pub fn render_functions(place: &FunctionsPlace<'_>) -> String {
    let FunctionsPlace { app, secret, requests_per_second, mount } = place;
    let environment = secret.environment.as_ref().map_or_else(String::new, |environment| {
        format!("\n    environment_name=\"{environment}\",")
    });
    let mounted = mount.map_or_else(String::new, |(bucket, endpoint)| {
        let text = MOUNTED.replace("{{bucket}}", bucket.as_str());
        text.replace("{{endpoint}}", &endpoint.to_string())
    });
    let (containers, why) = bound_containers(*requests_per_second);
    let text = fill_template(FUNCTIONS, app, &environment)
        .replace("{{secret}}", secret.name.as_str())
        .replace("{{attempt}}", &ATTEMPT.to_string())
        .replace("{{retries}}", &RETRIES.to_string())
        .replace("{{containers}}", &containers.to_string())
        .replace("{{why_containers}}", &why)
        .replace("{{mounted}}", &mounted);
    format!("{}\n", text.trim_end())
}

/// How many containers the service can bear, and why so many.
fn bound_containers(requests_per_second: Option<u32>) -> (u32, String) {
    match requests_per_second {
        Some(limit) => {
            let containers = (limit / REQUESTS_OF_ONE).clamp(1, MOST_CONTAINERS);
            (containers, format!("a bucket takes {limit} requests a second from all together"))
        }
        None => (MOST_CONTAINERS, "what the service takes is not known".to_owned()),
    }
}

/// The file with the assets, for a project that loads every file below its `defs`.
#[must_use]
pub fn asset(app: &ModalObject) -> String {
    asset_with(app, "")
}

/// The same as a file that is loaded by itself.
#[must_use]
pub fn asset_alone(app: &ModalObject) -> String {
    asset_with(app, "\n\ndefs = dg.Definitions(assets=[modal_processed, modal_days])")
}

fn asset_with(app: &ModalObject, definitions: &str) -> String {
    let named = |environment| format!(", environment_name=\"{environment}\"");
    let environment = app.environment.as_ref().map_or_else(String::new, named);
    let longest = (RETRIES + 1) * ATTEMPT + SLACK;
    let text = fill_template(ASSET, app, &environment)
        .replace("{{longest}}", &longest.to_string())
        .replace("{{definitions}}", definitions);
    format!("{}\n", text.trim_end())
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

    fn functions_for(limit: Option<u32>, mount: bool, environment: Option<&str>) -> String {
        let (app, secret) = (object("compute", environment), object("s3", environment));
        let bucket = "lake".parse().unwrap();
        let endpoint = "https://fsn1.your-objectstorage.com".parse().unwrap();
        render_functions(&FunctionsPlace {
            app: &app,
            secret: &secret,
            requests_per_second: limit,
            mount: mount.then_some((&bucket, &endpoint)),
        })
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for environment in [None, Some("dev")] {
            let app = object("compute", environment);
            let functions = [true, false].map(|mount| functions_for(Some(750), mount, environment));
            for text in functions.into_iter().chain([asset(&app), asset_alone(&app)]) {
                assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
                assert_eq!(text.contains("environment_name=\"dev\""), environment.is_some());
            }
        }
    }

    #[test]
    fn who_waits_for_a_call_waits_for_all_its_attempts() {
        let functions = functions_for(None, false, None);
        assert!(functions.contains("\"timeout\": 900,"), "{functions}");
        assert!(functions.contains("max_retries=2"), "{functions}");

        let asset = asset(&object("compute", None));

        assert!(asset.contains("LONGEST = 3000\n"), "{asset}");
        assert!(asset.contains("call.get(timeout=LONGEST)"), "{asset}");
    }

    #[test]
    fn all_containers_together_keep_within_what_the_service_takes() {
        for (limit, containers) in [(Some(750), 20), (Some(100), 3), (Some(5), 1), (None, 20)] {
            let text = functions_for(limit, false, None);
            assert!(text.contains(&format!("\"max_containers\": {containers},")), "{text}");
        }
    }

    #[test]
    fn a_bucket_is_mounted_by_literals_and_called_untried() {
        let text = functions_for(None, true, None);

        assert!(text.contains("bucket_name=\"lake\","), "{text}");
        let endpoint = "bucket_endpoint_url=\"https://fsn1.your-objectstorage.com\",";
        assert!(text.contains(endpoint), "{text}");
        assert!(text.contains("force_path_style=True,") && text.contains("# Untried:"), "{text}");
        assert!(!functions_for(None, false, None).contains("CloudBucketMount"));
    }
}
