//! What a started simulator does, seen from outside.
#![cfg(test)]

mod addressing;
mod buckets;
mod clients;
mod conditions;
mod faults;
mod lake;
mod lifecycle;
mod listing;
mod locks;
mod multipart;
mod objects;
mod policies;
mod signatures;
mod state;
mod versions;
