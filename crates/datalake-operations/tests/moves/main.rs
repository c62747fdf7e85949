//! Transfers, deletions and what is restored, with one call failing, for every call: nothing is
//! lost, and a second run completes it.

#![cfg(test)]

mod failing;
mod lake;
mod restored;
mod transfers;
mod world;
