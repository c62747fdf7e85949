//! `datalake cost|usage|report`.

mod estimates;
mod history;
mod page;
mod reports;
