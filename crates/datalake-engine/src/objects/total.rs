//! Sizes that others tell, added up.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::size::ByteSize;

/// What no bucket and no disk holds: 64 PiB. Many such totals fit into 64 bits, so nothing that is made
/// of them overflows.
const LARGEST: u64 = 1 << 56;

/// The sizes of a listing, or of a folder, so far. They are what somebody else says.
#[derive(Debug, Clone, Copy, Default)]
pub struct SizeTotal(u64);

impl SizeTotal {
    /// Adds the size of what has this name.
    ///
    /// # Errors
    ///
    /// A [`Fault`] of kind `Unreadable` that names it, where the sizes make no sense together.
    pub fn add(&mut self, name: &str, size: ByteSize) -> Result<(), Fault> {
        match self.0.checked_add(size.0).filter(|total| *total <= LARGEST) {
            Some(total) => {
                self.0 = total;
                Ok(())
            }
            None => Err(Fault::new(
                FaultKind::Unreadable,
                format!(
                    "the size of `{}` cannot be right: with its {size} bytes, all sizes together exceed \
                     64 PiB",
                    name.escape_debug(),
                    size = size.0
                ),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_that_makes_no_sense_names_the_last_object() {
        let mut total = SizeTotal::default();
        total.add("a", ByteSize(LARGEST - 1)).unwrap();
        total.add("b", ByteSize(1)).unwrap();

        for size in [1, u64::MAX] {
            let fault = total.add("c\u{1b}", ByteSize(size)).unwrap_err();
            assert_eq!(fault.kind, FaultKind::Unreadable);
            assert!(fault.detail.contains("`c\\u{1b}`"), "{}", fault.detail);
        }
        total.add("d", ByteSize(0)).unwrap();
    }
}
