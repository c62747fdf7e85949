//! Modal's secrets and apps, through Modal's own client.
//!
//! [`ModalClient`] has the interpreter that Modal's client is installed for run a small program: a
//! request on its standard input, an answer on its standard output. Values of secrets go that way
//! alone. Where the interpreter is, on the host or in a container, the port `Programs` knows.

mod answer;
mod client;
mod interpreter;
mod profile;
mod request;
mod templates;
mod vault;

pub use client::ModalClient;
pub use profile::read_profile;
pub use templates::{ASSET_FILE, FUNCTIONS_FILE, asset, asset_alone, functions};
