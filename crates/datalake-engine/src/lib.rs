//! Observe and apply: the part of `datalake` that meets the world, through ports.

mod checkpoint;
mod ports;

pub use checkpoint::{Checkpoint, UnknownCheckpoint};
pub use ports::{
    Checkpoints, Clock, Files, Lock, LockFault, NewFile, NoCheckpoints, ObjectHead, ObjectStore,
    Ports, Seen, StateFolder, Stored, VersionId,
};
