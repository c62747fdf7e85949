//! Hashes of several contents at once, side by side in the processor's registers.
//!
//! Each step of MD5 and of SHA-256 waits for the one before it, so one content leaves most of a
//! processor idle. Contents that have nothing to do with each other, such as the parts of a large
//! object, fill it: sixteen take hardly longer than one.
//!
//! ```
//! use datalake_lanes::{Lanes, Md5};
//!
//! let mut lanes = Lanes::<Md5>::new(2);
//! lanes.update(&[b"a", b""]);
//! lanes.update(&[b"bc", b""]);
//!
//! let hashes = lanes.finish();
//! assert_eq!(hashes[0][..4], [0x90, 0x01, 0x50, 0x98]);
//! assert_eq!(hashes[1][..4], [0xd4, 0x1d, 0x8c, 0xd9]);
//! ```

mod lanes;
mod md5;
mod sha256;

pub use lanes::{Algorithm, Block, Lanes};
pub use md5::Md5;
pub use sha256::Sha256;
