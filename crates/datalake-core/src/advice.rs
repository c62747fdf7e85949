//! What to do next, as data.

use crate::host::UnitName;
use crate::job::JobName;
use crate::receipt::EditChoices;
use crate::s3::BucketName;
use crate::time::RunId;

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advice {
    /// In words.
    Text(String),
    /// In words in which each `{}` stands for the next of these commands.
    Commands(String, Vec<AdvisedCommand>),
    /// Let the systemd of the service user run without a login; `None` where the user is not known.
    EnableLinger(Option<UnitName>),
    /// Run the same as root, or as the service user.
    RunAsServiceUser,
    /// Run the same as root, which may change what this user may not.
    RunAsRoot,
}

/// A command that an advice names; a front end knows how it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdvisedCommand {
    /// Does what is left of a job.
    RunJob(JobName),
    /// Tells how far a job is.
    JobStatus(JobName),
    /// Carries out what the spec asks for.
    Provision,
    /// The same, and with it the unit of this name.
    ProvisionUnit(String),
    /// Shows the variables that programs need.
    ShowEnvironment,
    /// Tells how everything stands.
    Status,
    /// Undoes a run: this one, or the last.
    Rollback(Option<RunId>),
    /// Stores the policies that the spec asks for.
    StorePolicies,
    /// Stores the policies that the spec asks for, also where they seem to be there.
    StorePoliciesAgain,
    /// Changes the key pair without downtime.
    RotateKey,
    /// Ends a change of the key pair.
    FinishKey,
    /// Goes back to the key pair from before its change.
    AbortKey,
    /// Takes our statements out of the policies.
    ResetAccess,
    /// Undoes a restoration of objects.
    UndoRestore(RunId),
    /// Undoes this run, with these choices about what somebody has changed since.
    RollbackChoosing(RunId, EditChoices),
    /// Tells what runs have done.
    History,
    /// Tells what this run has done.
    ShowRun(RunId),
    /// Tells how the units and containers of Dagster stand.
    DagsterStatus,
    /// Has systemd read the unit files again.
    DagsterReload,
    /// Shows the last lines of what the services have logged.
    DagsterLogs,
    /// Restarts the services, and waits until they have settled.
    RestartServices,
    /// Starts the daemon.
    StartDaemon,
    /// Moves what is new of Dagster's files into the bucket.
    RunMigration,
    /// Asks Dagster itself whether it reads from the bucket what was moved there.
    CheckMigration,
    /// Tells whether the images have what Dagster needs.
    PlanDependencies,
    /// The same for programs, with the Containerfiles.
    PlanDependenciesForPrograms,
    /// Builds images that have what Dagster needs.
    ApplyDependencies,
    /// Keeps what a bucket holds now.
    RecordUsage,
    /// Tells which buckets there are.
    ListBuckets,
    /// Lists everything in a bucket, with old versions.
    ListAllVersions,
    /// Lists everything below a place, `s3://BUCKET/FOLDER/`, with old versions.
    ListVersionsBelow(String),
    /// Removes an object, `s3://BUCKET/KEY`, with all its versions and delete markers.
    RemoveVersions(String),
    /// Tells whether an object was deleted.
    ListVersionsOfKey,
    /// Lists uploads that nobody has finished.
    ListUploads,
    /// Deletes a bucket with all that is in it.
    EmptyBucket,
    /// Shows everything that a bucket is set to.
    ShowBucket(BucketName),
    /// Shows everything that the spec's bucket is set to.
    ShowSpecBucket,
    /// Gives up all uploads in a bucket that nobody has finished.
    AbortUploads(BucketName),
    /// Gives up uploads in the spec's bucket that nobody has finished within a day.
    AbortOldUploads,
    /// Moves all below a place to another one.
    MoveFolder {
        /// The place.
        source: String,
        /// The other one.
        dest: String,
    },
    /// Does something with tables.
    Tables(TablesAdvice),
    /// Removes all below a place, `s3://BUCKET/FOLDER/`, with old versions.
    RemoveFolder(String),
    /// Compares contents, not only sizes and times.
    VerifyDeep,
    /// Brings one file to a place in a bucket.
    PutFile {
        /// The file.
        file: String,
        /// The place.
        dest: String,
    },
    /// Has an object made of standard input.
    PutStream,
    /// Brings two places in step.
    Sync,
    /// Has this bucket keep versions, or that of the spec.
    EnableVersioning(Option<BucketName>),
    /// Tells how long versions of a bucket are locked.
    ShowBucketLock,
    /// Lists the keys below a place, `s3://BUCKET/FOLDER/`.
    ListKeys(String),
    /// Copies this one object to a place of the operator's.
    CopyFrom(String),
    /// Fetches all below this place into a folder of the operator's.
    FetchFolder(String),
    /// Prints the lines with which this client works.
    PrintSnippet(String),
    /// Tells which login Modal's client uses.
    CheckModal,
    /// Tells how the secret in Modal stands.
    ModalSecretStatus,
    /// Has the secret in Modal hold datalake's values.
    SyncModalSecret,
    /// Removes a secret in Modal as a whole.
    DeleteModalSecret,
}

/// A command about tables that an advice names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TablesAdvice {
    /// Tells which tables lie in a bucket.
    List,
    /// Moves all tables below a place, `s3://BUCKET/FOLDER/`, to another one.
    Move {
        /// The place.
        source: String,
        /// The other one.
        dest: String,
    },
    /// Takes a lifecycle rule out of the bucket of this name, in which tables are to live.
    RemoveRule(String),
    /// Shows what commits that got lost had added to their tables: those below this place, or all.
    Recover(Option<String>),
}

impl Advice {
    /// Words in which each `{}` stands for the next of `commands`.
    pub fn naming(
        words: impl Into<String>,
        commands: impl IntoIterator<Item = AdvisedCommand>,
    ) -> Self {
        Self::Commands(words.into(), commands.into_iter().collect())
    }
}

impl From<String> for Advice {
    fn from(words: String) -> Self {
        Self::Text(words)
    }
}

impl From<&String> for Advice {
    fn from(words: &String) -> Self {
        Self::Text(words.clone())
    }
}

impl From<&str> for Advice {
    fn from(words: &str) -> Self {
        Self::Text(words.to_owned())
    }
}
