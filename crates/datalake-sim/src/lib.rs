//! An S3 service with the quirks of Hetzner Object Storage and a fault plan.
