//! `bucket cors`.

use std::path::Path;

use datalake_core::s3::BucketName;
use datalake_core::text::printable;
use datalake_engine::{BucketSettings, Cors};
use datalake_operations::lake::{CorsDocument, at_bucket};
use serde::Deserialize;

use crate::args::bucket::{CorsCommand, CorsSet};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;
use crate::remote::Remote;
use crate::render::{DocumentKind, cors_text};

pub(super) const CORS: DocumentKind = DocumentKind::of::<CorsDocument>("cors");

/// Rules are no longer than this.
const LARGEST: u64 = 1 << 20;

/// What `show --json` has printed, given back.
#[derive(Deserialize)]
struct PrintedCors {
    data: CorsDocument,
}

pub(super) async fn cors(remote: &Remote, what: &CorsCommand) -> Result<Exit, Failure> {
    match what {
        CorsCommand::Show(named) => {
            let bucket = remote.client().choose_bucket(named.bucket.as_ref())?;
            let cors = remote.lake().cors(&bucket).await.map_err(at_bucket(&bucket))?;
            shown(remote, &cors);
            Ok(Exit::Done)
        }
        CorsCommand::Set(CorsSet { file, named }) => {
            let cors = read(file)?;
            change(remote, &remote.client().choose_bucket(named.bucket.as_ref())?, &cors).await
        }
        CorsCommand::Remove(named) => {
            change(remote, &remote.client().choose_bucket(named.bucket.as_ref())?, &Cors::default())
                .await
        }
    }
}

async fn change(remote: &Remote, bucket: &BucketName, cors: &Cors) -> Result<Exit, Failure> {
    let (lake, failed) = (remote.lake(), at_bucket(bucket));
    lake.set_cors(bucket, cors).await.map_err(&failed)?;
    let found = lake.cors(bucket).await.map_err(&failed)?;
    shown(remote, &found);
    Ok(Exit::Done)
}

fn shown(remote: &Remote, cors: &Cors) {
    remote.site.printer.result(CORS, CorsDocument::from(cors), &cors_text(cors));
}

fn read(file: &Path) -> Result<Cors, Failure> {
    let text = named_path::read_text(file, LARGEST)?;
    let unfit = |message: String| {
        let name = printable(&file.display().to_string());
        Failure::new(Exit::Usage, format!("`{name}`: {message}"))
            .hint("`datalake bucket cors set --help` shows the format")
    };
    let printed = serde_yaml::from_str::<PrintedCors>(&text).map(|printed| printed.data);
    let document = printed.or_else(|_| serde_yaml::from_str::<CorsDocument>(&text));
    let document = document.map_err(|error| unfit(printable(&error.to_string())))?;
    let cors = document.read_rules().map_err(unfit)?;
    if cors.0.is_empty() {
        return Err(unfit("there is no rule in it".to_owned()).hint("datalake bucket cors remove"));
    }
    Ok(cors)
}
