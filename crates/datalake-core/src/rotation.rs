//! The change of a key pair without downtime: how old a pair is, how far a change has come, and what
//! comes next.

mod age;
mod facts;
mod record;
mod refusals;
mod restarts;
mod seen_key;

pub use age::{LONGEST_KEY_AGE, count_key_days};
pub use facts::{
    BucketFacts, HostKey, NamedKeys, OldKeyAnswer, RotationFacts, RotationNext, RotationStage,
    judge_rotation,
};
pub use record::{KeyEffect, KeyGeneration, RotationGoal, RotationRecord, RotationSpan};
pub use refusals::{RefusalCount, count_refusals};
pub use restarts::stage_restarts;
pub use seen_key::{KeyTrouble, SeenBucket, SeenKey, find_key_troubles, find_new_key_troubles};
