//! SHA-256 of several contents at once.
//!
//! Processors that have instructions for it wait for the result of each; those of a second content
//! fill the time. Where there are none, contents are hashed one after the other.

#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "x86_64")]
use fearless_simd::Level;
use sha2::compress256;

use crate::{Algorithm, Block};

type State = [u32; 8];

/// So many blocks of one content are handed over at once.
const TOGETHER: usize = 64;

const START: State = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// SHA-256, which requests are signed with.
#[derive(Debug)]
pub struct Sha256;

impl Algorithm for Sha256 {
    type State = State;
    type Digest = [u8; 32];
    const START: State = START;

    fn compress(states: &mut [State], blocks: &[&[Block]]) {
        #[cfg(target_arch = "x86_64")]
        let (states, blocks) = match Level::new().as_avx512() {
            Some(level) => x86::compress_some(level, states, blocks),
            None => (states, blocks),
        };
        for (state, blocks) in states.iter_mut().zip(blocks) {
            for blocks in blocks.chunks(TOGETHER) {
                let blocks: Vec<_> = blocks.iter().map(|block| (*block).into()).collect();
                compress256(state, &blocks);
            }
        }
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_be_bytes()
    }

    fn digest(state: State) -> Self::Digest {
        let mut digest = [0; 32];
        digest.as_chunks_mut().0.copy_from_slice(&state.map(u32::to_be_bytes));
        digest
    }
}
