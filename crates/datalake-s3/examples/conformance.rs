//! Checks that a running S3 service can be used through `datalake`'s object store port.
//!
//! It makes the bucket that `DATALAKE_BUCKET` names, which must not exist, and leaves it behind. Two
//! more, with `-lake` and `-lake-locked` behind that name, are made and deleted again.
//! Address and keys come from `DATALAKE_ENDPOINT`, `DATALAKE_REGION`, `AWS_ACCESS_KEY_ID` and
//! `AWS_SECRET_ACCESS_KEY`.

use std::env;
use std::error::Error;
use std::io::Write as _;

use datalake_core::s3::{BucketName, Endpoint, Region};
use datalake_core::secret::Credentials;
use datalake_engine::{ObjectStore as _, check_lake, check_object_store};
use datalake_s3::S3Store;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint: Endpoint = variable("DATALAKE_ENDPOINT")?.parse()?;
    let region: Region = variable("DATALAKE_REGION")?.parse()?;
    let bucket: BucketName = variable("DATALAKE_BUCKET")?.parse()?;
    let keys = Credentials::pair(
        variable("AWS_ACCESS_KEY_ID")?.parse()?,
        variable("AWS_SECRET_ACCESS_KEY")?.parse()?,
    );
    let store = S3Store::new(&endpoint, &region, &keys)?;

    let service = store.reach().await?;
    check_object_store(&store, &bucket).await?;
    check_lake(&store, &format!("{bucket}-lake").parse()?).await?;

    let owner = service.owner.as_deref().unwrap_or("not told");
    let ahead = service.clock_ahead;
    writeln!(std::io::stdout(), "{endpoint} conforms (owner {owner}, clock {ahead:+} s)")?;
    Ok(())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
