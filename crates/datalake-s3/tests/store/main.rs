//! The store against servers: what it sends, what it makes of answers, and the simulator.
#![cfg(test)]

mod answers;
mod causes;
mod common;
mod lake;
mod others;
mod pages;
mod requests;
mod signed;
mod simulator;
mod streams;
#[cfg(test)]
mod transfers;
