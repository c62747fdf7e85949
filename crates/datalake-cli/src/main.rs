//! The program `datalake`; everything is in the library.

fn main() -> std::process::ExitCode {
    datalake_cli::run(std::env::args_os())
}
