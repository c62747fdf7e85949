//! The object store port of `datalake` over rust-s3.
//!
//! rust-s3 builds the commands and signs them; an HTTP client of this crate sends them, so that
//! status, headers and body of every answer are seen, judged by their error code, and bounded.
//!
//! ```
//! use datalake_core::s3::Region;
//! use datalake_core::secret::Credentials;
//! use datalake_s3::S3Store;
//!
//! let region: Region = "fsn1".parse()?;
//! let keys = Credentials::pair("EXAMPLE".parse()?, "example".parse()?);
//! let store = S3Store::new(&region.endpoint().unwrap(), &region, &keys)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod attributes;
mod bucket_access;
mod bulk;
mod call;
mod cause;
mod certificate;
mod connect;
mod connection;
mod copies;
mod cors;
mod documents;
mod encode;
mod flat;
mod lifecycle;
mod listings;
mod locks;
mod network;
mod object_store;
mod objects;
mod oddities;
mod pace;
mod presign;
mod receiving;
mod request_log;
mod road;
mod sending;
mod services;
mod settings;
mod setup_error;
mod signer;
mod store;
mod transport;
mod unusable;
mod uploads;
mod waiting;
mod wire;
mod xml;

pub use network::PlainNetwork;
pub use request_log::{RequestLog, log_requests};
pub use services::S3Services;
pub use setup_error::SetupError;
pub use store::S3Store;
pub use waiting::SilenceClock;
