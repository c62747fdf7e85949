//! Clients tried in each place, and what was written removed.

use std::pin::pin;
use std::time::Duration;

use async_trait::async_trait;

use datalake_core::advice::Advice;
use datalake_core::clients::{ClientTrial, ClientVerdict};
use datalake_core::doctor::{Look, TriedPlace};
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::BucketName;
use datalake_core::secret::FilledBody;
use datalake_core::spec::Spec;
use datalake_engine::{
    Clear, Cleared, Clock, Extent, Lake, ListAsk, OldUploads, Programs, abort_uploads,
    clear_objects,
};
use futures::future::{Either, select};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{TriedPython, read_answer};
use super::leftovers::LeftTrial;
use super::places::CodePlace;
use super::request::{ClientRequest, ThrowAway, TrialPlaces};
use crate::OperationError;

/// The program that tries them.
const PROGRAM: &str = include_str!("clients.py");

/// Tells in its last line whether this Python sees Dagster.
const SEES_DAGSTER: &str =
    "import importlib.util; print(importlib.util.find_spec('dagster') is not None)";

/// What a short question to a Python may take.
const ASKING: Duration = Duration::from_secs(30);

/// What is added for the program to say so itself before it is ended.
const GRACE: Duration = Duration::from_secs(75);

/// What is said where the operator wanted the check to end.
const STOPPED: &str = "the check was stopped";

/// What came of asking a Python; `None` where the operator wanted the check to end.
type TrialOutcome = Option<Result<TriedPython, Fault>>;

/// A check of clients.
pub struct ClientCheck<'a> {
    /// What is asked for.
    pub spec: &'a Spec,
    /// The service, in which what was written is removed.
    pub lake: &'a dyn Lake,
    /// Time and randomness.
    pub clock: &'a dyn Clock,
    /// The clients that are meant; all of them where none is named.
    pub only: &'a [String],
    /// Who is told what goes on.
    pub reporter: &'a dyn ClientReporter,
}

/// Who is told what a check of clients does.
#[async_trait]
pub trait ClientReporter: Send + Sync {
    /// The clients of this place are tried now, which takes minutes.
    fn begin(&self, place: &str);

    /// Advice in the words of a front end.
    fn word(&self, advice: &Advice) -> String;

    /// Ends when the operator wants the check to end; what was written is removed then.
    async fn wait_for_stop(&self) {
        std::future::pending::<()>().await;
    }
}

/// What came of a check, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ClientReport {
    /// Each place that was asked.
    pub places: Vec<PlaceReport>,
    /// Keys that the check has written and that could not be removed, with the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// What earlier checks that were killed have left in the bucket.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<LeftTrial>,
    /// Why that is not known, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_unknown: Option<String>,
}

/// What came of a check in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PlaceReport {
    /// The unit, or the path of the Python.
    pub place: String,
    /// The version of its Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// Why nothing is known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// Each client.
    pub clients: Vec<TriedClient>,
}

/// What came of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TriedClient {
    /// Its name.
    pub client: String,
    /// The version that is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What came of it, in a word.
    pub verdict: ClientVerdict,
    /// The same in words.
    pub seen: String,
    /// Hosts besides the service that it wanted to ask, as far as that was seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<String>,
    /// What helps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl ClientReport {
    /// Whether a client is broken.
    #[must_use]
    pub fn has_broken(&self) -> bool {
        self.list_verdicts().any(|verdict| verdict == ClientVerdict::Broken)
    }

    /// Whether something was not learned, or was left in the bucket.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let untried = self.list_verdicts().any(|verdict| verdict == ClientVerdict::Untried);
        untried || self.left.is_some() || self.places.iter().any(|place| place.unknown.is_some())
    }

    fn list_verdicts(&self) -> impl Iterator<Item = ClientVerdict> {
        self.places.iter().flat_map(|place| &place.clients).map(|client| client.verdict)
    }
}

impl ClientCheck<'_> {
    /// Lists with the key where clients will write. Without an answer each of them would seem broken.
    ///
    /// # Errors
    ///
    /// [`OperationError`]: the service's fault, or a bucket that is not there.
    pub async fn require_buckets(&self) -> Result<(), OperationError> {
        let closed = self.open_buckets().await;
        closed.map_err(|(bucket, fault)| OperationError::at_bucket(&bucket, &fault))
    }

    /// The same, with the first bucket that does not open.
    pub(crate) async fn open_buckets(&self) -> Result<(), (BucketName, Fault)> {
        let ask = ListAsk { page_size: 1, ..ListAsk::below("") };
        for ThrowAway { bucket, .. } in TrialPlaces::choose(self.spec, "").list_thrown_away() {
            let listed = self.lake.list(bucket, &ask, None).await;
            listed.map_err(|fault| (bucket.clone(), fault))?;
        }
        Ok(())
    }

    /// Tries the clients in each place, one place after the other, and removes what they have written.
    pub async fn try_places(&self, places: &[CodePlace]) -> ClientReport {
        let (tried, left) = self.try_all(places).await;
        let place = |(place, tried): (&CodePlace, TrialOutcome)| {
            let (python, trials, unknown) = match tried {
                Some(Ok(TriedPython { version, trials })) => (Some(version), trials, None),
                Some(Err(fault)) => (None, Vec::new(), Some(fault.to_string())),
                None => (None, Vec::new(), Some(STOPPED.to_owned())),
            };
            let clients = trials.into_iter().map(|trial| self.describe_client(trial)).collect();
            PlaceReport { place: place.name.clone(), python, unknown, clients }
        };
        let places = places.iter().zip(tried).map(place).collect();
        let (older, older_unknown) = match self.find_left_trials().await {
            Ok(older) => (older, None),
            Err(fault) => (Vec::new(), Some(fault.to_string())),
        };
        ClientReport { places, left, older, older_unknown }
    }

    /// The same as an examination has it.
    pub async fn examine_places(&self, places: &[CodePlace]) -> Vec<TriedPlace> {
        let (tried, left) = self.try_all(places).await;
        let place = |(place, tried): (&CodePlace, TrialOutcome)| TriedPlace {
            unit: place.name.clone(),
            trials: match (tried, &left) {
                (None, _) => Look::NotHere(STOPPED.to_owned()),
                (Some(Ok(_)), Some(left)) => {
                    Look::Unknown(Fault::new(FaultKind::Unsettled, left.clone()))
                }
                (Some(tried), _) => tried.map(|tried| tried.trials).into(),
            },
        };
        places.iter().zip(tried).map(place).collect()
    }

    async fn try_all(&self, places: &[CodePlace]) -> (Vec<TrialOutcome>, Option<String>) {
        let (mut tried, mut left) = (Vec::new(), Vec::new());
        for place in places {
            self.reporter.begin(&place.name);
            let name = format!("{:016x}", self.clock.random());
            let trial_places = TrialPlaces::choose(self.spec, &name);
            let request = trial_places.request(self.spec, self.only);
            let ended = self.try_until_stopped(place, request).await;
            let was_stopped = ended.is_none();
            tried.push(ended);
            for thrown in trial_places.list_thrown_away() {
                left.extend(self.remove_below(thrown).await.err());
            }
            if was_stopped {
                break;
            }
        }
        (tried, (!left.is_empty()).then(|| left.join("; ")))
    }

    /// `None` where the operator wanted the check to end.
    async fn try_until_stopped(&self, place: &CodePlace, request: ClientRequest) -> TrialOutcome {
        let trying = pin!(try_place(place, request));
        match select(trying, self.reporter.wait_for_stop()).await {
            Either::Left((ended, _)) => Some(ended),
            Either::Right(_) => None,
        }
    }

    fn describe_client(&self, trial: ClientTrial) -> TriedClient {
        let cure = trial.cure().map(|cure| self.reporter.word(&cure));
        let (verdict, seen) = (trial.verdict(), trial.describe());
        let ClientTrial { client, version, elsewhere, .. } = trial;
        TriedClient { client, version, verdict, seen, elsewhere, cure }
    }

    /// Removes all below a throw-away prefix for good; a bucket that is not there has nothing of it.
    async fn remove_below(&self, place: &ThrowAway) -> Result<(), String> {
        let ThrowAway { bucket, prefix } = place;
        let mut cleared = Cleared::default();
        let uploads = OldUploads { bucket, prefix, before: None };
        let what = Clear { bucket, prefix, takes: &|_| true, extent: Extent::AllVersions };
        let removed = match abort_uploads(self.lake, &uploads, &mut cleared).await {
            Ok(()) => clear_objects(self.lake, &what, &mut cleared, &mut |_| ()).await,
            Err(fault) => Err(fault),
        };
        let place = format!("s3://{bucket}/{prefix}");
        match removed {
            Err(fault) if fault.kind == FaultKind::Absent => Ok(()),
            Err(fault) => Err(format!("`{place}`: {fault}")),
            Ok(()) if cleared.failed > 0 => {
                Err(format!("`{place}`: {} objects could not be removed", cleared.failed))
            }
            Ok(()) => Ok(()),
        }
    }
}

async fn try_place(place: &CodePlace, request: ClientRequest) -> Result<TriedPython, Fault> {
    let programs = place.programs.as_ref();
    let (python, request) = match &place.python {
        Some(python) => (python.clone(), request),
        None => (find_python(programs).await?, request.for_container()),
    };
    let words = [python.as_str(), "-I", "-c", PROGRAM].map(str::to_owned);
    let json = serde_json::to_vec(&request);
    let json = json.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
    let limit = request.time_limit() + GRACE;
    let ran = programs.run(&words, &FilledBody::new(json), limit).await?;
    read_answer(ran.stdout.expose()).map_err(|fault| {
        let said = String::from_utf8_lossy(ran.stderr.expose()).into_owned();
        let last = said.lines().next_back().unwrap_or_default();
        Fault::new(fault.kind, format!("{}: {last:?}", fault.detail))
    })
}

/// The Python of a container: the first one that sees Dagster, or else the first one.
pub(crate) async fn find_python(programs: &dyn Programs) -> Result<String, Fault> {
    let mut first = Err(Fault::new(FaultKind::Absent, "the container has no Python"));
    for python in ["python3", "python"] {
        let words = [python, "-I", "-c", SEES_DAGSTER].map(str::to_owned);
        let ran = match programs.run(&words, &FilledBody::new(Vec::new()), ASKING).await {
            Ok(ran) => ran,
            Err(fault) if fault.kind == FaultKind::Absent => continue,
            Err(fault) => return Err(fault),
        };
        if ran.stdout.expose().starts_with(b"True") {
            return Ok(python.to_owned());
        }
        first = first.or_else(|_| Ok(python.to_owned()));
    }
    first
}
