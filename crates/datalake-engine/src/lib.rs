//! Observe and apply: the part of `datalake` that meets the world, through ports.
//!
//! [`observe`] reads and changes nothing; [`apply`] carries out a plan of `datalake-core` and is the
//! only place that changes anything; [`recover`] judges runs that were killed. What they need from
//! the outside are the traits in [`Ports`]; [`memory`] has ones that touch nothing.

mod act;
mod apply;
mod buckets;
mod checkpoint;
mod conformance;
mod deployment;
mod doctor;
mod journal;
pub mod memory;
mod mend;
mod objects;
mod observe;
mod ports;
mod programs;
mod records;
mod recover;
mod retry;
pub mod transfer;
mod usage_log;
mod vault;

pub use apply::{ApplyError, FailedStep, Run, Watch, apply};
pub use buckets::{
    Clear, Cleared, Counted, Due, Extent, FAILURES_KEPT, FolderEntry, NewBucket, Scope,
    SizedUpload, Surveyor, Thing, ThingKind, Walk, abort_uploads, await_new_bucket, clear,
    create_bucket, measure, sized, survey,
};
pub use checkpoint::{Checkpoint, UnknownCheckpoint};
pub use conformance::{Nonconformity, check_lake, check_object_store};
pub use deployment::{
    ActiveState, Build, ChangeError, Container, Containers, DeployedUnit, Deployment, DropIns,
    Failing, Generator, GeneratorAnswer, HostPorts, Image, ImageName, Images, InvalidImageName,
    InvalidServiceName, InvocationId, LineSink, LiveDagster, LoadState, NamedFile, NamedFiles,
    News, NotShown, Patience, Prints, Probe, Proof, QuadletFolder, QuadletTree, Search,
    ServiceName, Services, Settled, UnitStatus, Unsettled, UserFile, UserFileSort, UserFiles, Verb,
    change, discover, drop_ins, environment_prints, quadlet_folders, settings_print,
};
pub use doctor::{
    BucketQuestion, LocationAddress, Network, Oddities, Strangers, Tags, look_at_bucket,
    look_at_costs, look_at_key, look_at_network, try_out,
};
pub use journal::{Begin, DamagedJournal, Journal, Record, decode, encode};
pub use objects::{
    AnyKey, Attributes, BucketLock, BucketSettings, ByteRange, ContentHash, Cors, CorsMethod,
    CorsRule, Deleted, Doomed, Download, Expiry, InvalidExpiry, InvalidPartNumber, InvalidRange,
    Lake, ListAsk, LockMode, LockPeriod, NewObject, NoKey, ObjectEntry, ObjectPage, ObjectPages,
    ObjectSource, Objects, PAGE, PageToken, Part, PartEntry, PartNumber, PartPage, PartPages,
    Payload, Precondition, Presign, Retention, SignedCall, SignedUrl, SizeTotal, StoredObject,
    Upload, UploadId, UploadPage, UploadPages, Uploads, VersionEntry, VersionKind, VersionPage,
    VersionPages, search_tables,
};
pub use observe::{
    Sighting, Wanted, asked_of_vault, look_at, look_for, observe, observe_paths, observe_vault,
};
pub use ports::{
    Checkpoints, Clock, Dagster, Files, Lock, LockFault, NewFile, NoCheckpoints, NoDagster,
    NoSecrets, ObjectHead, ObjectStore, Ports, Secrets, Seen, SeenKind, Standing, StateFolder,
    Stored, VersionId,
};
pub use programs::{Programs, Ran};
pub use records::{Records, read_receipt};
pub use recover::recover;
pub use retry::RetryingStore;
pub use usage_log::{AssetUse, EgressBy, EgressNote, Place, UsageLog, UsageSample};
pub use vault::{HastyVault, NoVault, SecretVault, VaultContent};
