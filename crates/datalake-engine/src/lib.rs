//! Observe and apply: the part of `datalake` that meets the world, through ports.
//!
//! [`observe`] reads and changes nothing; [`apply`] carries out a plan of `datalake-core` and is the
//! only place that changes anything; [`recover`] judges runs that were killed. What they need from
//! the outside are the traits in [`Ports`]; [`memory`] has ones that touch nothing.

mod accounts;
mod act;
mod apply;
mod archives;
mod buckets;
mod checkpoint;
mod conformance;
mod deployment;
mod doctor;
mod folders;
mod journal;
mod machine;
pub mod memory;
mod mend;
mod modal;
mod mutex;
mod objects;
mod observe;
mod owners;
mod pings;
mod ports;
mod programs;
mod records;
mod recover;
mod retry;
mod shard_engine;
mod tables;
mod timers;
pub mod transfer;
mod usage_log;
mod vault;
mod ways;
mod webservers;

pub use accounts::{AccountFault, NotTheUser, find_user, find_user_by_number, list_user_names};
pub use apply::{ApplyError, FailedStep, PlannedRun, Watch, apply};
pub use archives::{
    ArchiveFault, ArchiveProgress, Archived, Archives, LeftOut, LeftOutFor, NewArchive, Unarchived,
};
pub use buckets::{
    Clear, Cleared, CountedFolder, Due, Extent, FAILURES_KEPT, FolderEntry, NewBucket, OldUploads,
    Scope, SizedUpload, Surveyor, Thing, ThingKind, Walk, abort_uploads, await_new_bucket,
    clear_objects, create_bucket, measure_prefix, size_uploads, survey_prefix,
};
pub use checkpoint::{Checkpoint, UnknownCheckpoint};
pub use conformance::{Nonconformity, check_lake, check_object_store};
pub use deployment::{
    AccessProof, ActiveState, Build, ChangeError, ChangeWatch, Container, Containers, DeployedUnit,
    Deployment, DeploymentSearch, DropIns, Failing, Generator, GeneratorAnswer, HostPorts, Image,
    ImageName, Images, InvalidImageName, InvalidServiceName, InvocationId, LineSink, LiveDagster,
    LoadState, NamedFile, NamedFiles, NotShown, Patience, PodServices, QuadletFolder, QuadletTree,
    ServiceName, ServiceNews, Services, Settled, UnitStatus, Unsettled, UserFile, UserFileSort,
    UserFiles, Verb, change_services, discover_deployment, drop_ins, find_search_path,
    quadlet_folders,
};
pub use doctor::{
    BucketQuestion, ConditionProbe, LocationAddress, Network, Oddities, Strangers, Tags,
    TestedStore, TestedStores, TrialPlace, look_at_bucket, look_at_costs, look_at_key,
    look_at_network, probe_conditional_put, try_out,
};
pub use folders::{HeldFolder, NamedFolders};
pub use journal::{
    Begin, DamagedJournal, Journal, JournalRecord, decode_journal, decode_line, encode_line,
    encode_record,
};
pub use machine::{Machine, UserPorts};
pub use modal::{InstalledModalClient, ListedApp, ListedSecret, ModalAccount, SecretVariables};
pub use mutex::hold_mutex;
pub use objects::{
    AnyKey, Attributes, BucketLock, BucketSettings, ByteRange, ContentHash, Cors, CorsMethod,
    CorsRule, DeleteTarget, DeletedObject, Download, Expiry, InvalidExpiry, InvalidPartNumber,
    InvalidRange, Lake, ListAsk, LockMode, LockPeriod, NewObject, NoKey, ObjectEntry, ObjectPage,
    ObjectPages, ObjectSource, Objects, PAGE, PageToken, PartEntry, PartNumber, PartPage,
    PartPages, Payload, Precondition, Presign, Retention, SignedCall, SignedUrl, SizeTotal,
    StoredObject, TakenPart, Upload, UploadId, UploadPage, UploadPages, Uploads, VersionEntry,
    VersionKind, VersionPage, VersionPages, find_tables, search_tables, search_version_traces,
};
pub use observe::{
    WantedLooks, WantedTables, asked_of_vault, look_at, look_at_paths, look_for, observe,
    observe_vault, read_paths,
};
pub use owners::Owners;
pub use pings::Pings;
pub use ports::{
    Checkpoints, Clock, Dagster, Files, Lock, LockFault, NewFile, NoCheckpoints, NoDagster,
    NoSecrets, NoStore, ObjectHead, ObjectStore, PathStanding, Ports, Probe, PutTrial, Secrets,
    SeenEntry, SeenKind, StateFolder, Stored, VersionId,
};
pub use programs::{Conversation, PipedProgram, Programs, Ran};
pub use records::{Records, read_receipt};
pub use recover::recover;
pub use retry::RetryingStore;
pub use shard_engine::ShardEngine;
pub use tables::{TablePlace, list_log, search_lost_commits};
pub use timers::{NoTimers, SeenTimer, Timers};
pub use usage_log::{AssetUse, EgressBy, EgressNote, UsageLog, UsagePlace, UsageSample};
pub use vault::{HastyVault, NoVault, SecretVault, VaultContent};
pub use ways::ListedLinks;
pub use webservers::Webservers;
