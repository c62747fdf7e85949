//! What a host has: paths, files with owner and mode, accounts, units and the state of services.

mod account;
mod environment;
mod file;
mod path;
mod services;
mod unit_name;

pub use account::{UnitManager, UserAccount};
pub use environment::{Prints, environment_prints, settings_print};
pub use file::{Entry, FileState, Folder, InvalidMode, Mode, Owner};
pub use path::{HostPath, InvalidPath};
pub use services::{ServiceState, ServiceStates};
pub use unit_name::{InvalidUnitName, UnitName};
