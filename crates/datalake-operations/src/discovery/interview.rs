//! What only the operator knows: location, bucket and prefix, each asked with what is known of it.

use datalake_core::s3::{BucketName, KeyPrefix};
use datalake_core::secret::Credentials;
use datalake_core::spec::{SpecDocument, StoreSpec, name_tables_bucket};
use datalake_engine::{Clock, Network, TestedStores};

use super::bucket_name::{BucketStanding, NameService};
use super::location_times::{
    LocationTime, describe_silence, list_location_times, measure_locations,
};
use super::{DiscoveredUser, TablesAnswer, propose_bucket, propose_spec};
use crate::{ErrorKind, OperationError};

/// So many names are proposed before one that is taken is shown as such.
const PROPOSALS: u32 = 4;

/// What a new spec is made from.
pub struct SpecInterview<'a> {
    /// What flags and variables say: nothing of it is asked.
    pub named: &'a SpecDocument,
    /// Whether tables are to have a bucket, too.
    pub wants_tables: bool,
    /// The user that was found on the host.
    pub found: Option<&'a DiscoveredUser>,
    /// Whom to ask; `None` where nobody is there.
    pub prompt: Option<&'a dyn SpecPrompt>,
    /// What may be asked outside of this machine before a question; `None` for nothing.
    pub outside: Option<InterviewOutside<'a>>,
    /// Randomness for a name that is unique.
    pub clock: &'a dyn Clock,
}

/// What may be asked outside of this machine.
pub struct InterviewOutside<'a> {
    /// The way to Hetzner's locations.
    pub network: &'a dyn Network,
    /// The services that know which buckets there are.
    pub services: &'a dyn TestedStores,
    /// The key pair to ask them with, or why there is none.
    pub keys: Result<Credentials, String>,
}

/// Asks a person.
pub trait SpecPrompt: Send + Sync {
    /// Gives the answer to a question; what is proposed is the answer to an empty line.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where the person stops, or nothing can be read.
    fn ask(&self, question: &SpecQuestion) -> Result<String, OperationError>;
}

/// A question to a person.
#[derive(Debug, Clone)]
pub struct SpecQuestion {
    /// The question.
    pub text: &'static str,
    /// The lines to choose from, the first of them proposed; none where text is typed.
    pub choices: Vec<String>,
    /// The answer to an empty line, where text is typed.
    pub proposed: String,
    /// What is known of it.
    pub help: Option<String>,
    /// What is wrong with a typed text, if anything.
    pub find_error: fn(&str) -> Option<String>,
}

/// A spec with all its answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredSpec {
    /// The spec; every value in it is valid.
    pub document: SpecDocument,
    /// What is known of the bucket's name, where it was asked.
    pub bucket: Option<BucketStanding>,
    /// How the place for tables came about.
    pub tables: TablesAnswer,
}

impl SpecInterview<'_> {
    /// Takes what was named and found, and asks for the rest.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a value that is wrong, and where an answer is needed and nobody gives it.
    pub async fn complete_spec(&self) -> Result<AnsweredSpec, OperationError> {
        let mut document = propose_spec(self.named, self.found);
        check_named(&document)?;
        if document.region.is_none() && document.endpoint.is_none() {
            let prompt = self.prompt.ok_or_else(|| refuse_unanswered("--region"))?;
            document.region = Some(self.ask_location(prompt).await?);
        }
        let mut bucket = None;
        if document.bucket.is_none() {
            let prompt = self.prompt.ok_or_else(|| refuse_unanswered("--bucket"))?;
            bucket = self.ask_bucket(prompt, &mut document).await?;
        }
        let tables = self.complete_tables(&mut document).await?;
        if let (None, Some(prompt)) = (&self.named.prefix, self.prompt) {
            let proposed = document.prefix.clone().unwrap_or_default();
            document.prefix = Some(prompt.ask(&question_about_prefix(proposed))?);
        }
        document.clone().check()?;
        Ok(AnsweredSpec { document, bucket, tables })
    }

    async fn ask_location(&self, prompt: &dyn SpecPrompt) -> Result<String, OperationError> {
        let locations = match &self.outside {
            Some(outside) => measure_locations(outside.network).await,
            None => list_location_times(),
        };
        let choices = locations.iter().map(LocationTime::describe).collect();
        let answer = prompt.ask(&question_about_location(choices, describe_silence(&locations)))?;
        Ok(answer.split(' ').next().unwrap_or_default().to_owned())
    }

    /// Asks until a name is given that nobody else is known to have.
    async fn ask_bucket(
        &self,
        prompt: &dyn SpecPrompt,
        document: &mut SpecDocument,
    ) -> Result<Option<BucketStanding>, OperationError> {
        let place = document.clone().check_store()?;
        let mut refused = None;
        loop {
            let (proposed, standing) = self.propose_name(document, &place).await;
            let known = standing.as_ref().map(BucketStanding::describe);
            let help = refused.or_else(|| Some(format!("{proposed}: {}", known?)));
            let answer = prompt.ask(&question_about_bucket(&place, proposed.clone(), help))?;
            let standing = if answer == proposed {
                standing
            } else {
                self.look_at_name(&answer, &place).await
            };
            match &standing {
                Some(known) if !known.may_be_used() => {
                    refused = Some(format!("{answer}: {}", known.describe()));
                }
                _ => {
                    document.bucket = Some(answer);
                    return Ok(standing);
                }
            }
        }
    }

    /// A name that nobody is likely to have; where the service can be asked, one that nobody has.
    async fn propose_name(
        &self,
        document: &SpecDocument,
        place: &StoreSpec,
    ) -> (String, Option<BucketStanding>) {
        let mut proposal = (String::new(), None);
        for _ in 0..PROPOSALS {
            let name = propose_bucket(document, self.clock.random());
            let standing = self.look_at_name(&name, place).await;
            let is_unfit = |known: &Option<BucketStanding>| {
                known.as_ref().is_some_and(|known| !known.may_be_used())
            };
            let is_another_needed =
                is_unfit(&standing) || is_unfit(&self.look_at_tables_name(&name, place).await);
            proposal = (name, standing);
            if !is_another_needed {
                break;
            }
        }
        proposal
    }

    /// What is known of the name that the bucket of tables would have beside a bucket of this name.
    async fn look_at_tables_name(&self, name: &str, place: &StoreSpec) -> Option<BucketStanding> {
        let is_open = self.wants_tables && self.named.tables.is_none();
        let tables = name_tables_bucket(&name.parse().ok()?).filter(|_| is_open)?;
        self.look_at_name(tables.as_str(), place).await
    }

    /// What is known of a name; `None` where nobody may be asked.
    pub(super) async fn look_at_name(
        &self,
        name: &str,
        place: &StoreSpec,
    ) -> Option<BucketStanding> {
        let outside = self.outside.as_ref()?;
        let name: BucketName = name.parse().ok()?;
        Some(match &outside.keys {
            Ok(keys) => {
                let service = NameService { services: outside.services, keys, place };
                service.look_at_name(&name).await
            }
            Err(why) => BucketStanding::Unknown(why.clone()),
        })
    }
}

/// Refuses a wrong value before the first question.
fn check_named(document: &SpecDocument) -> Result<(), OperationError> {
    let mut answered = document.clone();
    if answered.endpoint.is_none() {
        answered.region.get_or_insert_with(|| "fsn1".to_owned());
    }
    answered.bucket.get_or_insert_with(|| "not-asked-yet".to_owned());
    answered.check()?;
    Ok(())
}

fn refuse_unanswered(flag: &str) -> OperationError {
    let message = format!("{flag} is needed, and there is no terminal to ask on");
    OperationError::new(ErrorKind::Usage, message)
}

fn question_about_location(choices: Vec<String>, help: Option<String>) -> SpecQuestion {
    let text = "Which location?";
    SpecQuestion { text, choices, proposed: String::new(), help, find_error: |_| None }
}

fn question_about_bucket(
    place: &StoreSpec,
    proposed: String,
    help: Option<String>,
) -> SpecQuestion {
    let text = match place.endpoint.hetzner_location() {
        Some(_) => "Bucket name (must be unique across all Hetzner customers):",
        None => "Bucket name:",
    };
    let find_error = |text: &str| Some(text.parse::<BucketName>().err()?.to_string());
    SpecQuestion { text, choices: Vec::new(), proposed, help, find_error }
}

fn question_about_prefix(proposed: String) -> SpecQuestion {
    let text = "Prefix of the assets' keys:";
    let find_error = |text: &str| Some(text.parse::<KeyPrefix>().err()?.to_string());
    SpecQuestion { text, choices: Vec::new(), proposed, help: None, find_error }
}

#[cfg(test)]
mod tests;
