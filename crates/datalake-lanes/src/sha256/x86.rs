//! SHA-256 of two and of four contents by the instructions that processors have for it.
//!
//! They come with AVX-512: what has that has these too.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi8, _mm_set_epi32,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32,
};
use std::array::from_fn;

use fearless_simd::{Avx512, kernel, prelude::*, u8x16, u32x4};

use super::State;
use crate::Block;

/// The fractions of the cube roots of the primes.
#[rustfmt::skip]
const ROOTS: [[u32; 4]; 16] = [
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5], [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3], [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc], [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7], [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13], [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3], [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5], [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208], [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
];

/// Takes blocks into as many states as make fours and a pair, and returns what is left.
pub(super) fn compress_some<'s, 'b, 'c>(
    level: Avx512,
    states: &'s mut [State],
    blocks: &'b [&'c [Block]],
) -> (&'s mut [State], &'b [&'c [Block]]) {
    let (fours, states) = states.as_chunks_mut();
    let (fours_of_blocks, blocks) = blocks.as_chunks();
    for (states, blocks) in fours.iter_mut().zip(fours_of_blocks) {
        compress_four(level, states, blocks);
    }
    let (pairs, states) = states.as_chunks_mut();
    let (pairs_of_blocks, blocks) = blocks.as_chunks();
    for (states, blocks) in pairs.iter_mut().zip(pairs_of_blocks) {
        compress_two(level, states, blocks);
    }
    (states, blocks)
}

/// A function that takes blocks into so many states, step by step in turn.
macro_rules! compress_together {
    ($name:ident, $count:literal) => {
        kernel!(
            #[expect(clippy::indexing_slicing, reason = "a lane is less than their count")]
            fn $name(level: Avx512, states: &mut [State; $count], lanes: &[&[Block]; $count]) {
                let mut packed = states.map(|state| pack_state(level, state));
                let count = lanes.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
                for number in 0..count {
                    let before = packed;
                    let mut words = lanes
                        .map(|blocks| load_words(level, blocks.get(number).unwrap_or(&[0; 64])));
                    for step in ROOTS.iter().enumerate() {
                        for lane in 0..$count {
                            turn_steps(level, &mut packed[lane], &mut words[lane], step);
                        }
                    }
                    for lane in 0..$count {
                        add_states(level, &mut packed[lane], before[lane]);
                    }
                }
                *states = packed.map(|packed| unpack_state(level, packed));
            }
        );
    };
}

compress_together!(compress_four, 4);
compress_together!(compress_two, 2);

/// A state as the instructions want it: its first, second, fifth and sixth word, and the others.
type Packed = [__m128i; 2];

/// The last sixteen words that were made of a block.
type Words = [__m128i; 4];

kernel!(
    #[inline(always)]
    fn pack_state(_level: Avx512, state: State) -> Packed {
        let [a, b, c, d, e, f, g, h] = state.map(u32::cast_signed);
        [_mm_set_epi32(a, b, e, f), _mm_set_epi32(c, d, g, h)]
    }
);

kernel!(
    #[inline(always)]
    fn unpack_state(_level: Avx512, packed: Packed) -> State {
        let [abef, cdgh] = packed;
        [
            _mm_extract_epi32::<3>(abef),
            _mm_extract_epi32::<2>(abef),
            _mm_extract_epi32::<3>(cdgh),
            _mm_extract_epi32::<2>(cdgh),
            _mm_extract_epi32::<1>(abef),
            _mm_extract_epi32::<0>(abef),
            _mm_extract_epi32::<1>(cdgh),
            _mm_extract_epi32::<0>(cdgh),
        ]
        .map(i32::cast_unsigned)
    }
);

kernel!(
    /// The words of a block.
    #[inline(always)]
    fn load_words(level: Avx512, block: &Block) -> Words {
        let swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
        let (fours, _) = block.as_chunks::<16>();
        from_fn(|four| {
            let bytes = fours.get(four).copied().unwrap_or_default();
            let bytes: u8x16<Avx512> = bytes.simd_into(level);
            _mm_shuffle_epi8(bytes.into(), swap)
        })
    }
);

kernel!(
    /// Four of the 64 steps; the words of the four that come four later take the place of theirs.
    #[inline(always)]
    fn turn_steps(level: Avx512, packed: &mut Packed, words: &mut Words, step: (usize, &[u32; 4])) {
        let [first, second, third, fourth] = *words;
        let mut next = first;
        if step.0 + 4 < ROOTS.len() {
            let sum = _mm_alignr_epi8::<4>(fourth, third);
            let sum = _mm_add_epi32(_mm_sha256msg1_epu32(first, second), sum);
            next = _mm_sha256msg2_epu32(sum, fourth);
        }
        *words = [second, third, fourth, next];
        let roots: u32x4<Avx512> = (*step.1).simd_into(level);
        let sum = _mm_add_epi32(first, roots.into());
        let [abef, cdgh] = packed;
        *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
        *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32::<0b00_00_11_10>(sum));
    }
);

kernel!(
    #[inline(always)]
    fn add_states(_level: Avx512, packed: &mut Packed, other: Packed) {
        let ([abef, cdgh], [other_abef, other_cdgh]) = (*packed, other);
        *packed = [_mm_add_epi32(abef, other_abef), _mm_add_epi32(cdgh, other_cdgh)];
    }
);
