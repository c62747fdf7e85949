//! The name of the bucket of tables in a new spec: proposed, and asked for where it cannot be.

use datalake_core::s3::BucketName;
use datalake_core::spec::{
    SpecDocument, StoreSpec, TablesDocument, TablesPlace, name_tables_bucket,
};

use super::bucket_name::BucketStanding;
use super::interview::{SpecInterview, SpecPrompt, SpecQuestion};
use crate::OperationError;

/// How a new spec came by its place for tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TablesAnswer {
    /// By a flag or a variable.
    Named,
    /// By the name of the bucket of the assets, or by an answer; with what is known of the name, where
    /// it was asked.
    Chosen(Option<BucketStanding>),
    /// There is none, and nobody was there to ask.
    LeftOut(String),
    /// None is wanted.
    NotWanted,
}

impl SpecInterview<'_> {
    /// Puts the bucket of tables into a document whose bucket of the assets is known.
    pub(super) async fn complete_tables(
        &self,
        document: &mut SpecDocument,
    ) -> Result<TablesAnswer, OperationError> {
        if document.tables.is_some() {
            return Ok(TablesAnswer::Named);
        }
        let place = document.clone().check_store()?;
        let Some(assets) = place.bucket.as_ref().filter(|_| self.wants_tables) else {
            return Ok(TablesAnswer::NotWanted);
        };
        let why = match name_tables_bucket(assets) {
            None => format!("{assets}{} is too long for a bucket", TablesPlace::ENDING),
            Some(name) => match self.look_at_name(name.as_str(), &place).await {
                Some(known) if !known.may_be_used() => format!("{name}: {}", known.describe()),
                known => {
                    document.tables = Some(tables_in(name.to_string()));
                    return Ok(TablesAnswer::Chosen(known));
                }
            },
        };
        let Some(prompt) = self.prompt else { return Ok(TablesAnswer::LeftOut(why)) };
        let (name, known) = self.ask_tables_bucket(prompt, &place, why).await?;
        document.tables = Some(tables_in(name));
        Ok(TablesAnswer::Chosen(known))
    }

    /// Asks until a name is given that nobody else is known to have; `why` is what is wrong with the one
    /// before.
    async fn ask_tables_bucket(
        &self,
        prompt: &dyn SpecPrompt,
        place: &StoreSpec,
        mut why: String,
    ) -> Result<(String, Option<BucketStanding>), OperationError> {
        loop {
            let proposed = propose_tables_bucket(place.bucket.as_ref(), self.clock.random());
            let answer = prompt.ask(&question_about_tables(proposed, why))?;
            if place.bucket.as_ref().is_some_and(|assets| assets.as_str() == answer) {
                why = format!("{answer} is the bucket of the assets");
                continue;
            }
            match self.look_at_name(&answer, place).await {
                Some(known) if !known.may_be_used() => {
                    why = format!("{answer}: {}", known.describe());
                }
                known => return Ok((answer, known)),
            }
        }
    }
}

fn tables_in(bucket: String) -> TablesDocument {
    TablesDocument { bucket: Some(bucket), prefix: None }
}

/// The beginning of the name of the bucket of the assets, with an ending that nobody is likely to have.
fn propose_tables_bucket(assets: Option<&BucketName>, random: u64) -> String {
    let ending = format!("{}-{:06x}", TablesPlace::ENDING, random & 0xff_ffff);
    let assets = assets.map_or("lake", BucketName::as_str);
    let kept: String = assets.chars().take(63 - ending.len()).collect();
    format!("{}{ending}", kept.trim_end_matches('-'))
}

fn question_about_tables(proposed: String, why: String) -> SpecQuestion {
    let text = "Name of the bucket for tables:";
    let find_error = |text: &str| Some(text.parse::<BucketName>().err()?.to_string());
    SpecQuestion { text, choices: Vec::new(), proposed, help: Some(why), find_error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_name_is_one_that_a_bucket_may_have() {
        for assets in ["abc", &"a".repeat(63), &format!("{}-b", "a".repeat(48))] {
            let assets: BucketName = assets.parse().unwrap();

            let proposed = propose_tables_bucket(Some(&assets), 0x12_3456);

            assert!(proposed.parse::<BucketName>().is_ok(), "{proposed}");
            assert!(proposed.ends_with("-tables-123456"), "{proposed}");
        }
    }
}
