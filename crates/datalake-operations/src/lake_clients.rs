//! S3 clients of user code: tried where that runs, and the lines with which each works.
//!
//! A program is handed to the Python that is asked, in a container or on this host, and tries each
//! client in a process of its own. What it writes lies below a throw-away prefix, which is removed
//! afterwards whatever came of it.

mod answer;
mod check;
mod environment;
mod leftovers;
mod places;
mod request;
mod snippets;
mod text;

#[cfg(test)]
mod tests;

pub(crate) use self::check::find_python;
pub use self::check::{ClientCheck, ClientReport, ClientReporter, PlaceReport, TriedClient};
pub use self::environment::list_environment;
pub use self::leftovers::LeftTrial;
pub use self::places::{CodePlace, find_code_places, place_on_host};
pub use self::request::KNOWN_CLIENTS;
pub use self::snippets::{InvalidSnippetClient, Snippet, SnippetClient, write_snippet};
