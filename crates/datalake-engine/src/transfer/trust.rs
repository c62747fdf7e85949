//! Whether a service refuses a content that is not the one that was signed.

use bytes::Bytes;
use datalake_core::fault::FaultKind;

use super::TagCheck;
use super::haul::Haul;
use super::parts::UploadPlace;
use crate::hold_mutex;
use crate::{ContentHash, Payload};

/// So much of a part is sent with a wrong hash.
const PROBE: usize = 64 << 10;

/// What is known of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Trust {
    /// Nothing yet.
    #[default]
    Unknown,
    /// It is being asked.
    Asked,
    /// It was seen to refuse a wrong hash, or not to.
    Learnt { refuses: bool },
}

impl Haul<'_> {
    /// Whether the tag of each part is compared with what was sent.
    pub(crate) fn compares_parts(&self) -> bool {
        match self.options.tags {
            TagCheck::All => true,
            TagCheck::Single | TagCheck::Seen | TagCheck::Off => false,
            TagCheck::Learn => *hold_mutex(&self.trust) != Trust::Learnt { refuses: true },
        }
    }

    /// Sends the beginning of a part with a wrong hash, once in a run, where it is not known what
    /// the service does then. The part itself is sent afterwards and takes its place.
    pub(super) async fn probe_hash_check(&self, place: UploadPlace<'_>, payload: &Payload) {
        if self.options.tags != TagCheck::Learn || !self.may_ask() {
            return;
        }
        let wrong = wrongly_hashed(payload);
        let put = place.uploads.put_part(place.upload, place.number, &wrong);
        *hold_mutex(&self.trust) = match self.courier.once(wrong.size().0, put).await {
            Ok(_) => Trust::Learnt { refuses: false },
            Err(fault) if fault.kind == FaultKind::Damaged => Trust::Learnt { refuses: true },
            // It did not come to that; another part may.
            Err(_) => Trust::Unknown,
        };
    }

    /// Whether the service was seen to refuse a wrong hash; `None` where nothing was learnt.
    pub(crate) fn refuses_wrong_hash(&self) -> Option<bool> {
        match *hold_mutex(&self.trust) {
            Trust::Learnt { refuses } => Some(refuses),
            Trust::Unknown | Trust::Asked => None,
        }
    }

    /// Whether the service was asked in this run, or is known from an earlier one.
    pub(super) fn was_asked(&self) -> bool {
        *hold_mutex(&self.trust) != Trust::Unknown
    }

    /// Asks no more, and compares; whether anything would have been asked at all.
    pub(super) fn stop_asking(&self) -> bool {
        let was_learning = self.options.tags == TagCheck::Learn;
        if was_learning {
            *hold_mutex(&self.trust) = Trust::Learnt { refuses: false };
        }
        was_learning
    }

    fn may_ask(&self) -> bool {
        let mut trust = hold_mutex(&self.trust);
        let may = *trust == Trust::Unknown;
        if may {
            *trust = Trust::Asked;
        }
        may
    }
}

fn wrongly_hashed(payload: &Payload) -> Payload {
    let mut left = PROBE;
    let mut chunks: Vec<Bytes> = Vec::new();
    for chunk in payload.chunks() {
        let taken = chunk.slice(..chunk.len().min(left));
        left -= taken.len();
        chunks.push(taken);
        if left == 0 {
            break;
        }
    }
    let right = Payload::of(chunks.concat());
    Payload::hashed(chunks, ContentHash(right.hash().0.map(|byte| !byte)))
}
