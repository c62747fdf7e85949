//! Modal's secrets and apps, through Modal's own client.
//!
//! [`ModalClient`] has the interpreter that Modal's client is installed for run a small program, once for
//! all that it is asked: a line on its standard input for a request, one on its standard output for an
//! answer. Values of secrets go that way
//! alone. Where the interpreter is, on the host or in a container, the port `Programs` knows.

mod answer;
mod client;
mod interpreter;
mod job;
mod profile;
mod request;
mod templates;
mod vault;
mod version;

pub use client::ModalClient;
pub use job::{ModalJob, name_job_app, render_job};
pub use profile::read_profile;
pub use templates::{
    ASSET_FILE, FUNCTIONS_FILE, FunctionsPlace, asset, asset_alone, render_functions,
};
