//! Tables in a service in memory.

mod bed;
mod listing;
mod moving;
mod recovery;
