//! Whether a bucket's name is free: names are shared by all customers.

use std::time::Duration;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::{BucketName, Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_core::spec::StoreSpec;
use datalake_core::text::printable;
use datalake_engine::TestedStores;
use futures::future::try_join_all;
use tokio::time::timeout;

/// How long a person waits for what is known of one name.
const LIMIT: Duration = Duration::from_secs(2);

/// What is known of a bucket's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BucketStanding {
    /// No bucket has it.
    Free,
    /// It is a bucket that the key may use, in the location of the spec.
    Own,
    /// It is a bucket that the key may use, in another location: none of that name can be made here.
    Elsewhere(Region),
    /// It is somebody else's bucket.
    Taken,
    /// Nobody could say, and why.
    Unknown(String),
}

impl BucketStanding {
    /// Whether a spec with this name can work.
    #[must_use]
    pub fn may_be_used(&self) -> bool {
        !matches!(self, Self::Taken | Self::Elsewhere(_))
    }

    /// The same in words that follow the name.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Free => "the name is free".to_owned(),
            Self::Own => "a bucket of your own that exists already".to_owned(),
            Self::Elsewhere(region) => {
                format!("a bucket of your own, but in {region}: choose another name or location")
            }
            Self::Taken => "the name is taken by another customer: choose another".to_owned(),
            Self::Unknown(why) => {
                format!("whether the name is free is not known: {}", printable(why))
            }
        }
    }
}

/// The service that is asked for names, with a key pair.
pub(super) struct NameService<'a> {
    pub services: &'a dyn TestedStores,
    pub keys: &'a Credentials,
    /// Where the bucket is to be.
    pub place: &'a StoreSpec,
}

impl NameService<'_> {
    /// Asks every location where a bucket of this name would stand in the way.
    pub(super) async fn look_at_name(&self, name: &BucketName) -> BucketStanding {
        match timeout(LIMIT, self.ask_locations(name)).await {
            Ok(Ok(standing)) => standing,
            Ok(Err(fault)) => BucketStanding::Unknown(fault.to_string()),
            Err(_) => {
                BucketStanding::Unknown(format!("no answer within {} seconds", LIMIT.as_secs()))
            }
        }
    }

    async fn ask_locations(&self, name: &BucketName) -> Result<BucketStanding, Fault> {
        let places = self.list_places();
        let asked =
            places.iter().map(|(region, endpoint)| self.ask_location(name, region, endpoint));
        let standings = try_join_all(asked).await?;
        let taken = standings.into_iter().find(|standing| *standing != BucketStanding::Free);
        Ok(taken.unwrap_or(BucketStanding::Free))
    }

    /// A bucket is visible in its own location alone, and its name counts in all of them.
    fn list_places(&self) -> Vec<(Region, Endpoint)> {
        let StoreSpec { region, endpoint, .. } = self.place;
        if endpoint.hetzner_location().is_none() {
            return vec![(region.clone(), endpoint.clone())];
        }
        let all = [Region::Fsn1, Region::Nbg1, Region::Hel1].into_iter();
        all.filter_map(|region| Some((region.clone(), region.endpoint()?))).collect()
    }

    async fn ask_location(
        &self,
        name: &BucketName,
        region: &Region,
        endpoint: &Endpoint,
    ) -> Result<BucketStanding, Fault> {
        let store = self.services.open(endpoint, region, self.keys)?;
        // A key that is refused everywhere would make every name look taken.
        store.reach().await?;
        match store.head_bucket(name).await {
            Ok(()) if *region == self.place.region => Ok(BucketStanding::Own),
            Ok(()) => Ok(BucketStanding::Elsewhere(region.clone())),
            Err(fault) if fault.kind == FaultKind::Absent => Ok(BucketStanding::Free),
            Err(fault) if fault.kind == FaultKind::Denied => Ok(BucketStanding::Taken),
            Err(fault) => Err(fault),
        }
    }
}
