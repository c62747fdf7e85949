//! An S3 service with the quirks of Hetzner Object Storage and a fault plan.
//!
//! It runs inside the process that starts it, keeps its state in a folder, and
//! checks signatures for real, so any S3 client can talk to it. Tests and
//! rehearsals get what a real service gives only on bad days: buckets that come
//! late, policies that act late, throttling in HTML, lost writes, cut bodies.
//!
//! - [`Config::hetzner`] and [`Config::plain`] are the two profiles.
//! - [`Quirks`] switches single differences from plain S3 on and off.
//! - [`ConditionalWrites`] chooses what writes with a condition do where versions are kept.
//! - [`FaultPlan`] makes faults, the same ones for the same seed.
//! - [`Running::advance`] moves the calendar, and lifecycle rules with it.
//!
//! # Examples
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let dir = tempfile::tempdir()?;
//! use std::time::Duration;
//!
//! use datalake_sim::{Config, start};
//!
//! let mut config = Config::hetzner(dir.path());
//! config.faults = "seed 7, 5% 503, lose 1/200".parse()?;
//! let sim = start(config).await?;
//!
//! // … an S3 client works against sim.endpoint() …
//! sim.advance(Duration::from_secs(30 * 24 * 60 * 60))?;
//!
//! assert!(sim.requests().is_empty());
//! sim.stop().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod address;
mod backend;
mod clock;
mod config;
mod connection;
mod errors;
mod faults;
mod front;
mod hex;
mod journal;
mod lifecycle;
mod policy;
mod query;
mod quirks;
mod server;
mod sim;
mod state;
mod tls;

pub use self::config::{Config, InvalidSimKey, SimKey};
pub use self::faults::{Chance, Effect, FaultPlan, InvalidFaultPlan, Rule};
pub use self::journal::{JournalCounts, RequestSeen};
pub use self::quirks::{ConditionalWrites, InvalidConditionalWrites, Quirk, Quirks};
pub use self::server::{Running, StartError, start};
