//! datalake.
fn main() {}
