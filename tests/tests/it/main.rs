//! The real program, seen from outside.

#![cfg(test)]
#![expect(clippy::needless_raw_string_hashes, reason = "snapbox writes snapshots in this form")]

mod access;
mod architecture;
mod bad_days;
mod bench;
mod buckets;
mod canary;
mod demo;
mod detail;
mod discover;
mod doctor;
mod ends;
mod gate;
mod handover;
mod help;
mod hostile;
mod init;
mod job;
mod json;
mod key;
mod kills;
mod lake;
mod logs;
mod migrate;
mod modal;
mod money;
mod objects;
mod output;
mod pages;
mod project;
mod readme;
mod restore;
mod road;
mod sandbox;
mod schedule;
mod shell;
mod spec;
mod support;
mod swaps;
mod tables;
mod tables_place;
mod texts;
mod transfer;
mod waits;
mod words;
