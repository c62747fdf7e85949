//! The program `datalake` as the tests start it.

use std::ffi::OsString;
use std::iter::once;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Its help and its hints name the program as people know it.
    datalake_cli::run(once(OsString::from("datalake")).chain(std::env::args_os().skip(1)))
}
