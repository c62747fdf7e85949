//! Jobs on a service in memory.

mod bed;
mod kinds;
mod plans;
mod runs;
