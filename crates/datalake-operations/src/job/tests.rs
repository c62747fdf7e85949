//! Jobs on a service in memory.

mod bed;
mod elsewhere;
mod kinds;
mod plans;
mod runs;
