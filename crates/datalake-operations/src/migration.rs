//! What Dagster keeps on a host, moved into a bucket, proved, and brought back.
//!
//! A [`Migration`] is what the operator, the units, `dagster.yaml` and the spec make of it: parts that
//! each go from one place to another. [`count_parts`] looks at it and changes nothing,
//! [`move_parts`] copies, [`find_proof`] asks the store, [`free_parts`] removes local files that the
//! bucket has, [`find_ahead`] and [`fetch_parts`] are the way back. [`DaemonPause`] keeps Dagster from
//! writing meanwhile.

mod arriving;
mod asset_keys;
mod back;
mod backup;
mod backup_gaps;
mod backup_words;
mod beside;
mod context;
mod counting;
mod duckdb_exports;
mod foreign;
mod frames;
mod freeing;
mod keeping;
mod kind_rows;
mod kinds;
mod left_behind;
mod log_destination;
mod looking;
mod moving;
mod moving_tables;
mod newer_there;
mod open_part;
mod own_managers;
mod part;
mod parts;
mod pause;
mod proving;
mod reports;
#[cfg(test)]
pub(crate) mod scene;
mod switch;
mod table_logs;
mod telling_once;
#[cfg(test)]
mod tests;
mod tree;
mod walk;
mod webserver;
mod words;

pub use self::asset_keys::{FoundAssetKeys, find_asset_keys};
pub use self::back::{FetchedPart, fetch_parts, find_ahead};
pub use self::backup::{BackedUp, BackupJob, ReadBack, read_backup};
pub use self::backup_gaps::BackupGap;
pub use self::backup_words::{list_names, render_backup};
pub use self::beside::write_lines_beside;
pub use self::context::{
    ForeignService, MigrationChoice, MigrationContext, ObjectsChoice, TablesDestination,
};
pub use self::duckdb_exports::{DuckDbExport, list_exports};
pub use self::freeing::{FreedPart, free_parts};
pub use self::kind_rows::{KindRow, list_kinds};
pub use self::looking::{MigrationOutlook, StayingEntry, count_parts, describe_outlook};
pub use self::moving::{
    MigrationReporter, MovedPart, keep_last_choice, move_parts, read_last_choice,
};
pub use self::newer_there::PartAhead;
pub use self::own_managers::{CodeFindings, CodeManager, find_own_managers};
pub use self::part::MigrationPart;
pub use self::parts::{Migration, PartPlaces};
pub use self::pause::{DaemonPause, PauseChoice, PauseNews, PauseReporter, find_stopped_services};
pub use self::proving::{PartProof, ProofDepth, find_proof, find_unfit_names, require_right};
pub use self::reports::report_assets;
pub(crate) use self::switch::look_at_switch;
pub use self::switch::{
    AskedPlace, AssetSwitch, CodeTarget, LoadExtent, NamedPython, SeenManager, SwitchCheck,
    SwitchPlace, SwitchProof, SwitchReport, SwitchReporter, SwitchVerdict, check_switch,
    find_switch_places, list_code_environment, place_switch_on_host, require_switch_proof,
};
pub use self::table_logs::TableEnd;
pub use self::words::{render_ahead, render_exports, render_kinds, render_managers, render_tables};

/// A report of a migration, line by line.
pub trait FileLines: Send {
    /// Adds a line about a file: its mark, its name below the part's folder, and why.
    fn write_line(&mut self, mark: char, name: &str, why: &str);
}
