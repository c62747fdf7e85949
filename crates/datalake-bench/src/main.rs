//! The program `datalake-bench`; everything is in the library.

fn main() -> std::process::ExitCode {
    datalake_bench::main(std::env::args_os())
}
