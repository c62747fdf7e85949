//! Quadlet unit files kept byte for byte, drop-ins and env files.
