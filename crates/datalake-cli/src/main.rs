//! The program `datalake`; everything is in the library.

/// A run of many small files spends a tenth of its time with the allocator of the C library.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    datalake_cli::run(std::env::args_os())
}
