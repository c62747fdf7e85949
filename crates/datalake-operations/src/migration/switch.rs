//! The switch, proven: Dagster itself says where it reads what was moved, and loads it from there.
//!
//! A program is run where user code runs. It loads the definitions as that place does, and asks the
//! I/O manager of each asset where it reads each file that was moved. That is compared with the bucket.
//! What comes of it is kept, so that only what Dagster reads from the bucket is ever removed here.

mod answer;
mod ask;
mod asset_rows;
mod check;
mod judge;
mod libraries;
mod moved_files;
mod places;
mod proof;
mod record;
mod report;
mod request;

#[cfg(test)]
pub(crate) mod recorded;
#[cfg(test)]
mod tests;

pub use self::ask::SwitchReporter;
pub use self::check::{SwitchCheck, SwitchVerdict, check_switch};
pub use self::places::{
    NamedPython, SwitchPlace, find_switch_places, list_code_environment, place_switch_on_host,
};
pub use self::proof::{SwitchProof, require_switch_proof};
pub(crate) use self::record::look_at_switch;
pub use self::report::{AskedPlace, AssetSwitch, SeenManager, SwitchReport};
pub use self::request::{CodeTarget, LoadExtent};
