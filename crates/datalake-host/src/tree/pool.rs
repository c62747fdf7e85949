//! Buffers that are used again and again.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

/// Buffers smaller than this are not worth keeping.
const SMALLEST: usize = 64 * 1024;
/// The most bytes that are kept for later.
const KEPT: usize = 64 << 20;

/// Buffers that came back.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer that goes back when its last reader is gone.
#[derive(Debug)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    pool: Pool,
}

impl Pool {
    /// A buffer of so many bytes, whatever they are.
    pub(super) fn take(&self, length: usize) -> Buffer {
        let mut bytes = if length < SMALLEST { Vec::new() } else { self.kept(length) };
        bytes.resize(length, 0);
        Buffer { bytes, pool: self.clone() }
    }

    fn kept(&self, length: usize) -> Vec<u8> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A much larger one is left for those who need it.
        let fits = |buffer: &Vec<u8>| (length..=2 * length).contains(&buffer.capacity());
        let place = kept.iter().position(fits);
        place.map(|at| kept.swap_remove(at)).unwrap_or_default()
    }

    fn give_back(&self, buffer: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = kept.iter().map(Vec::capacity).sum();
        if buffer.capacity() >= SMALLEST && held + buffer.capacity() <= KEPT {
            kept.push(buffer);
        }
    }
}

impl Buffer {
    pub(super) fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The bytes, shared from now on.
    pub(super) fn share(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_buffer_is_used_again() {
        let pool = Pool::default();
        let bytes = pool.take(1 << 20).share();
        let place = bytes.as_ptr();

        let other = bytes.clone();
        drop(bytes);
        assert_ne!(pool.take(1 << 20).as_ref().as_ptr(), place, "someone still reads it");
        drop(other);

        assert_ne!(pool.take(1 << 18).as_ref().as_ptr(), place, "much too large");
        let mut again = [pool.take(1 << 20), pool.take(1 << 20)];
        assert!(again.iter_mut().any(|buffer| buffer.as_mut().as_ptr() == place));
    }
}
