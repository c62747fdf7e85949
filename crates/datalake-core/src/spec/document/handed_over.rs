//! The settings that a container has been handed: variables as datalake itself writes them, into env
//! files and into Modal's secret.

use super::SpecDocument;

/// What each setting is called in what is handed over; the first one that is there counts.
const ENDPOINT: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "DAGSTER_S3_ENDPOINT_URL"];
const REGION: [&str; 3] = ["AWS_REGION", "AWS_DEFAULT_REGION", "DAGSTER_S3_REGION"];
const BUCKET: [&str; 1] = ["DAGSTER_S3_BUCKET"];

impl SpecDocument {
    /// What the variables of a container say where there is no spec, each with its name. Without an
    /// endpoint among them they are of another cloud, and none counts.
    #[must_use]
    pub fn read_handed_over(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Vec<(&'static str, Self)> {
        let find = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                variable(name).filter(|value| !value.is_empty()).map(|value| (*name, value))
            })
        };
        let Some((name, endpoint)) = find(&ENDPOINT) else { return Vec::new() };
        let endpoint = Self { endpoint: Some(endpoint), ..Self::default() };
        let region = find(&REGION)
            .map(|(name, region)| (name, Self { region: Some(region), ..Self::default() }));
        let bucket = find(&BUCKET)
            .map(|(name, bucket)| (name, Self { bucket: Some(bucket), ..Self::default() }));
        std::iter::once((name, endpoint)).chain(region).chain(bucket).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_variables(variables: &[(&str, &str)], expected: &[(&str, [Option<&str>; 3])]) {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let found = SpecDocument::read_handed_over(value);
        let found: Vec<_> = found
            .iter()
            .map(|(name, document)| {
                let SpecDocument { endpoint, region, bucket, .. } = document;
                (*name, [endpoint, region, bucket].map(Option::as_deref))
            })
            .collect();
        assert_eq!(found, expected, "{variables:?}");
    }

    #[test]
    fn what_an_env_file_hands_over_is_enough_to_work() {
        let (url, region) = ("https://fsn1.your-objectstorage.com", "fsn1");
        let endpoint = ("AWS_ENDPOINT_URL_S3", url);
        let bucket = ("DAGSTER_S3_BUCKET", "lake");
        let given = |endpoint, name| {
            [
                (endpoint, [Some(url), None, None]),
                (name, [None, Some(region), None]),
                ("DAGSTER_S3_BUCKET", [None, None, Some("lake")]),
            ]
        };
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "DAGSTER_S3_REGION"] {
            check_variables(&[endpoint, (name, region), bucket], &given(endpoint.0, name));
        }
        let own = "DAGSTER_S3_ENDPOINT_URL";
        check_variables(&[(own, url), ("AWS_REGION", region), bucket], &given(own, "AWS_REGION"));
        let empty = ("AWS_REGION", "");
        let other = ("DAGSTER_S3_REGION", region);
        check_variables(&[endpoint, empty, other, bucket], &given(endpoint.0, other.0));
    }

    #[test]
    fn a_region_of_another_cloud_says_nothing_of_this_one() {
        check_variables(&[("AWS_REGION", "eu-west-1"), ("DAGSTER_S3_BUCKET", "lake")], &[]);
    }
}
