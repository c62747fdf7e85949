//! The key pair: how old it is, whether it and its successor work, and its change without downtime.
//!
//! A change is judged by what is seen (`datalake_core::rotation`), so it goes on from any place at which
//! it was killed. The policies hold the new key as they hold the old one before anything is given it;
//! then it is brought to env file, services and Modal by the plan of a provision.

mod age;
mod check;
mod folder;
mod place;
mod policies;
mod report;
mod rollout;
mod run;
mod waiting;

pub(crate) use self::age::examine_key_age;
pub use self::age::{KeyAgeReport, StoredKey, find_stored_key};
pub use self::check::{CheckedKey, KeyCheckReport, KeySide};
pub use self::folder::{RotationFolder, RotationPairs};
pub use self::place::RotationPlace;
pub use self::report::{CONSOLE_STEPS, RotationReport, ServiceRefusals, WAY_OF_A_CHANGE};
pub use self::run::{KeyRotation, RotationWish};
