//! The real program, seen from outside.

#![cfg(test)]

mod architecture;
mod bad_days;
mod canary;
mod json;
mod kills;
mod readme;
mod road;
mod support;
mod texts;
