//! Ports, observe, apply, journal, lock and retry of datalake.
