//! The command line of datalake.
