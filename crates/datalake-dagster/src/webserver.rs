//! What is asked of Dagster's webserver, and its answers read.

use std::collections::BTreeSet;

use serde::Deserialize;

/// Asks for runs that write, or are about to.
pub const RUNS_QUERY: &str = "{runsOrError(filter:{statuses:[QUEUED,NOT_STARTED,STARTING,STARTED,\
                              CANCELING]},limit:20){__typename ... on Runs{results{runId status \
                              jobName}} ... on Error{message}}}";

/// Asks for the keys of all assets that code defines or that were ever materialized.
pub const ASSETS_QUERY: &str = "{assetsOrError{__typename ... on AssetConnection{nodes{key{path}}} \
                                ... on Error{message}}}";

/// A run that writes, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveRun {
    /// Its id.
    pub run_id: String,
    /// What it does: `STARTED`.
    pub status: String,
    /// Its job; runs of assets have a name that Dagster gives.
    pub job_name: String,
}

/// The answer tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableAnswer {
    /// It is none of Dagster's webserver.
    #[error("it is not an answer of Dagster's webserver")]
    NotDagster,
    /// Dagster could not answer, and says why.
    #[error("Dagster says: {0}")]
    Refused(String),
}

#[derive(Deserialize)]
struct GraphqlAnswer {
    data: Option<Data>,
    #[serde(default)]
    errors: Vec<GraphqlProblem>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    runs_or_error: Option<Runs>,
    assets_or_error: Option<Assets>,
}

#[derive(Deserialize)]
struct GraphqlProblem {
    message: String,
}

#[derive(Deserialize)]
struct Runs {
    results: Option<Vec<LiveRun>>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct Assets {
    nodes: Option<Vec<GraphqlNode>>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct GraphqlNode {
    key: GraphqlKey,
}

#[derive(Deserialize)]
struct GraphqlKey {
    path: Vec<String>,
}

/// The runs that an answer to [`RUNS_QUERY`] tells of; none only where it says so.
///
/// # Errors
///
/// [`UnreadableAnswer`] for anything else than a list of runs.
pub fn live_runs(answer: &[u8]) -> Result<Vec<LiveRun>, UnreadableAnswer> {
    let runs = read_data(answer)?.runs_or_error.ok_or(UnreadableAnswer::NotDagster)?;
    runs.results.ok_or_else(|| refuse_answer(runs.message))
}

/// The keys that an answer to [`ASSETS_QUERY`] tells of.
///
/// # Errors
///
/// [`UnreadableAnswer`] for anything else than a list of assets.
pub fn asset_keys(answer: &[u8]) -> Result<BTreeSet<Vec<String>>, UnreadableAnswer> {
    let assets = read_data(answer)?.assets_or_error.ok_or(UnreadableAnswer::NotDagster)?;
    let nodes = assets.nodes.ok_or_else(|| refuse_answer(assets.message))?;
    Ok(nodes.into_iter().map(|node| node.key.path).collect())
}

/// An asset's key as Dagster's database has it: `["raw", "orders"]`.
#[must_use]
pub fn asset_key_of_database(text: &str) -> Option<Vec<String>> {
    serde_json::from_str(text).ok()
}

fn read_data(answer: &[u8]) -> Result<Data, UnreadableAnswer> {
    let answer: GraphqlAnswer =
        serde_json::from_slice(answer).map_err(|_| UnreadableAnswer::NotDagster)?;
    match (answer.errors.into_iter().next(), answer.data) {
        (Some(problem), _) => Err(UnreadableAnswer::Refused(problem.message)),
        (None, Some(data)) => Ok(data),
        (None, None) => Err(UnreadableAnswer::NotDagster),
    }
}

fn refuse_answer(message: Option<String>) -> UnreadableAnswer {
    message.map_or(UnreadableAnswer::NotDagster, UnreadableAnswer::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_run_is_only_what_dagster_calls_so() {
        let none = br#"{"data": {"runsOrError": {"__typename": "Runs", "results": []}}}"#;
        assert_eq!(live_runs(none), Ok(Vec::new()));
        let one = br#"{"data": {"runsOrError": {"__typename": "Runs", "results":
            [{"runId": "a", "status": "STARTED", "jobName": "j"}]}}}"#;
        assert_eq!(live_runs(one).unwrap()[0].run_id, "a");

        for other in [
            &br#"{"data": {"runsOrError": {"__typename": "PythonError", "message": "no"}}}"#[..],
            br#"{"errors": [{"message": "no"}], "data": null}"#,
        ] {
            assert_eq!(live_runs(other), Err(UnreadableAnswer::Refused("no".to_owned())));
        }
        for other in [&b"<html>"[..], b"{}", br#"{"data": {}}"#, b"[]", b""] {
            assert_eq!(live_runs(other), Err(UnreadableAnswer::NotDagster));
        }
    }

    #[test]
    fn keys_of_assets_come_in_their_parts() {
        let answer = br#"{"data": {"assetsOrError": {"__typename": "AssetConnection", "nodes":
            [{"key": {"path": ["raw", "orders"]}}, {"key": {"path": ["plain"]}}]}}}"#;

        let keys = asset_keys(answer).unwrap();

        assert!(keys.contains(&vec!["raw".to_owned(), "orders".to_owned()]));
        assert_eq!(keys.len(), 2);
        assert_eq!(asset_key_of_database(r#"["a", "b/c"]"#), Some(vec!["a".into(), "b/c".into()]));
        assert_eq!(asset_key_of_database("plain"), None);
    }
}
