//! The object store port of datalake over rust-s3.
