//! Moving a tree of files into a bucket and back: what is decided about it.
//!
//! [`judge`] decides about one name at a time, so that two sorted streams of any length can be
//! compared with what memory holds of one name.

mod filter;
mod judge;
mod known;
mod name;
mod parts;
mod past_time;
mod sample;
mod schedule;
mod tags;
mod time;
mod time_left;

pub use filter::{Filter, InvalidPattern};
pub use judge::{Comparison, NameVerdict, SendReason, SkipReason, judge};
pub use known::{ContentDigest, Evidence, FileFacts, FileStamp, Known, ObjectFacts, Side};
pub use name::{TreePath, UnfitName};
pub use parts::{LARGEST_PUT, MOST_PARTS, PartPlan, SMALLEST_PART, TooLarge};
pub use past_time::{InvalidPastTime, PastTime};
pub use sample::Subset;
pub use schedule::{Bandwidth, InvalidBandwidth};
pub use tags::TagForm;
pub use time::{FileTime, InvalidFileTime};
pub use time_left::{TransferAmount, TransferPace};
