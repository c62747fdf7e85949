//! `-`: a stream into an object, and objects into a stream.

use datalake_core::fault::FaultKind;
use datalake_core::s3::{BucketName, S3Address};
use datalake_core::size::ByteSize;
use datalake_engine::transfer::{
    BucketFolder, ByteStream, Options, StreamEnded, StreamFault, StreamUpload, upload_stream,
};
use datalake_engine::{AnyKey, Attributes};

use super::job_names::require_storable;
use super::{NamedPlaces, TransferChoices, TransferContext, TransferReporter, TransferSide};
use crate::lake::BucketClient;
use crate::{Advice, AdvisedCommand, ErrorKind, OperationError};

/// A transfer that goes through a pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipedTransfer {
    /// From standard input into an object.
    IntoObject(S3Address),
    /// From objects to standard output.
    FromObjects(Vec<S3Address>),
}

impl PipedTransfer {
    /// What goes through a pipe, if anything does; `has_report` says whether a report of each name
    /// is asked for.
    ///
    /// # Errors
    ///
    /// [`OperationError`] of wrong use where `-` makes no sense.
    pub fn find(
        named: &NamedPlaces<'_>,
        choices: &TransferChoices,
        has_report: bool,
    ) -> Result<Option<Self>, OperationError> {
        let NamedPlaces { sources, dest, reading } = *named;
        let from = sources.iter().any(TransferSide::is_standard);
        if !from && !dest.is_standard() {
            return Ok(None);
        }
        if choices.moves() {
            return refuse_dash("`mv` deletes its source, and `-` is a pipe", "use `cp`");
        }
        if reading.recursive {
            return refuse_dash(
                "--recursive takes a folder, and `-` is a pipe",
                "leave out --recursive",
            );
        }
        match dest {
            TransferSide::Bucket(address) if sources.len() == 1 => {
                Ok(Some(Self::IntoObject(address.clone())))
            }
            TransferSide::Bucket(_) => refuse_dash(
                "`-` is one object's whole content and has no other source beside it",
                "bring the others with a command of their own",
            ),
            TransferSide::Local(_) => {
                let keys = read_objects(sources, choices, has_report)?;
                Ok(Some(Self::FromObjects(keys)))
            }
        }
    }
}

/// Refuses `-` where folders are meant.
///
/// # Errors
///
/// [`OperationError`] of wrong use.
pub(super) fn refuse_pipes(sides: [&TransferSide; 2]) -> Result<(), OperationError> {
    if !sides.into_iter().any(TransferSide::is_standard) {
        return Ok(());
    }
    refuse_dash(
        "two folders are meant, and `-` is a pipe",
        "`put - KEY` and `cp s3://… -` take pipes",
    )
}

fn refuse_dash<T>(message: &str, advice: &str) -> Result<T, OperationError> {
    Err(OperationError::new(ErrorKind::Usage, message)
        .advise(advice)
        .advise("a file or folder of the name `-` is written `./-`"))
}

fn read_objects(
    sources: &[TransferSide],
    choices: &TransferChoices,
    has_report: bool,
) -> Result<Vec<S3Address>, OperationError> {
    let address = |side: &TransferSide| match side {
        TransferSide::Bucket(address) => Some(address.clone()),
        TransferSide::Local(_) => None,
    };
    let Some(keys) = sources.iter().map(address).collect() else {
        return refuse_dash(
            "what is printed on standard output is objects",
            "write `s3://BUCKET/KEY`",
        );
    };
    let (is_limited, carries) =
        (choices.limits.bandwidth.is_some(), choices.attributes != Attributes::NONE);
    if choices.dry_run || has_report || is_limited || carries {
        return refuse_dash(
            "what goes to standard output is printed as `cat` prints it",
            "leave out --dry-run, --report, --bwlimit and what an object would carry along",
        );
    }
    Ok(keys)
}

/// An object that is made of a stream.
pub struct StreamedObject<'a> {
    /// What it needs of the outside.
    pub context: &'a TransferContext<'a>,
    /// The bucket.
    pub bucket: &'a BucketName,
    /// Its key.
    pub key: &'a AnyKey,
    /// How it is sent.
    pub options: &'a Options,
    /// Is told of it as it goes on.
    pub reporter: &'a dyn TransferReporter,
}

impl StreamedObject<'_> {
    /// The one key that a stream gets.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a folder, and a key that is none.
    pub fn read_key(
        client: &BucketClient<'_>,
        dest: &S3Address,
    ) -> Result<(BucketName, AnyKey), OperationError> {
        if dest.key.is_empty() || dest.key.ends_with('/') {
            let message = "what comes from standard input has no name";
            return Err(OperationError::new(ErrorKind::Usage, message)
                .advise(Advice::naming("write the whole key: {}", [AdvisedCommand::PutStream])));
        }
        require_storable(&dest.key)?;
        client.parse_key(dest)
    }

    /// Sends the stream; where `stop` ends first, the upload is given up.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where not all of the content became an object.
    pub async fn store(
        &self,
        content: ByteStream<'_>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), OperationError> {
        let store = self.context.client.store;
        let folder = BucketFolder {
            objects: store,
            uploads: store,
            bucket: self.bucket.clone(),
            prefix: String::new(),
        };
        let upload = StreamUpload {
            folder: &folder,
            key: self.key,
            options: self.options,
            clock: self.context.clock,
            watch: self.reporter,
        };
        match upload_stream(&upload, content, stop).await {
            Ok(summary) => {
                self.reporter.run_ended(&summary);
                Ok(())
            }
            Err(ended) => {
                self.reporter.run_ended(&ended.summary);
                self.reporter.tell_trouble(self.key.as_str(), &ended.fault.to_string());
                Err(self.explain(ended))
            }
        }
    }

    /// Why a stream did not become an object.
    fn explain(&self, ended: StreamEnded) -> OperationError {
        let (bucket, key) = (self.bucket, self.key);
        let error = match ended.fault {
            StreamFault::Input(fault) => {
                OperationError::about("standard input cannot be read", &fault)
            }
            StreamFault::Service(fault) if fault.kind == FaultKind::Absent => {
                OperationError::at_bucket(bucket, &fault)
            }
            StreamFault::Service(fault) if fault.kind == FaultKind::RequestsSpent => {
                let message = "the permitted number of requests is used up";
                OperationError::new(ErrorKind::Partly, message)
            }
            StreamFault::Service(fault) => OperationError::at_object(bucket, key, &fault),
            fault @ StreamFault::WrongTag(_) => OperationError::of(ErrorKind::Mismatch, &fault)
                .advise("do not use the object that is there now: send it again"),
            StreamFault::TooLong(part) => explain_length(part),
            StreamFault::Stopped => {
                let message = "stopped by the operator; the upload was given up";
                OperationError::new(ErrorKind::Interrupted, message)
                    .advise("the same command starts over")
            }
        };
        if !ended.leaves_parts {
            return error;
        }
        error.advise(Advice::naming(
            "parts of it may be left: see {}",
            [AdvisedCommand::ListUploads],
        ))
    }
}

fn explain_length(part: ByteSize) -> OperationError {
    let most = ByteSize(part.0.saturating_mul(10_000)).display().si().to_string();
    let part = part.display().si().to_string();
    let message = format!("standard input is longer than 10,000 parts of {part}: {most}");
    OperationError::new(ErrorKind::Usage, message)
        .advise("a larger --part-size takes more; one part is held in memory at least")
}
