//! The host ports of datalake: files replaced atomically, never through a link.
