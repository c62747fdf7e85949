//! MD5 (RFC 1321) of sixteen contents at once.

use std::array::from_fn;

use fearless_simd::{Level, Simd, dispatch, prelude::*, u32x16};

use crate::{Algorithm, Block};

/// So many contents have room in the registers.
const WIDTH: usize = 16;

const START: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// How far each step rotates, by its place in its round.
const ROTATIONS: [[u32; 4]; 4] =
    [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The fractions of the sines of 1, 2, and so on.
#[rustfmt::skip]
const SINES: [[u32; 16]; 4] = [
    [
        0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
        0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    ],
    [
        0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
        0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    ],
    [
        0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
        0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    ],
    [
        0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
        0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
    ],
];

/// One word of each of sixteen contents.
type Words<S> = u32x16<S>;

/// MD5, which the tags of objects are made of.
#[derive(Debug)]
pub struct Md5;

impl Algorithm for Md5 {
    type State = [u32; 4];
    type Digest = [u8; 16];
    const START: Self::State = START;

    fn compress(states: &mut [Self::State], blocks: &[&[Block]]) {
        let level = Level::new();
        for (states, blocks) in states.chunks_mut(WIDTH).zip(blocks.chunks(WIDTH)) {
            // Lanes that nobody needs do what the first one does.
            let first = blocks.first().copied().unwrap_or_default();
            let lanes: [&[Block]; WIDTH] = from_fn(|lane| *blocks.get(lane).unwrap_or(&first));
            let state = |lane| states.get(lane).copied().unwrap_or_default();
            let mut words: [[u32; WIDTH]; 4] = transpose(&from_fn(state));
            dispatch!(level, simd => compress_all(simd, &mut words, &lanes));
            for (state, after) in states.iter_mut().zip(transpose::<4, WIDTH>(&words)) {
                *state = after;
            }
        }
    }

    fn length(bits: u64) -> [u8; 8] {
        bits.to_le_bytes()
    }

    fn digest(state: Self::State) -> Self::Digest {
        let mut digest = [0; 16];
        digest.as_chunks_mut().0.copy_from_slice(&state.map(u32::to_le_bytes));
        digest
    }
}

/// Makes columns of rows.
#[expect(clippy::indexing_slicing, reason = "both arrays have these lengths")]
fn transpose<const R: usize, const C: usize>(rows: &[[u32; C]; R]) -> [[u32; R]; C] {
    from_fn(|column| from_fn(|row| rows[row][column]))
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "only so it is compiled for each kind of processor")]
fn compress_all<S: Simd>(simd: S, states: &mut [[u32; WIDTH]; 4], lanes: &[&[Block]; WIDTH]) {
    let mut sums: [Words<S>; 4] = states.map(|words| words.simd_into(simd));
    let count = lanes.iter().map(|blocks| blocks.len()).min().unwrap_or_default();
    for number in 0..count {
        let blocks = lanes.map(|blocks| blocks.get(number).unwrap_or(&[0; 64]));
        let words = words_of(simd, blocks);
        let mut now = sums;
        let round = Round::new(simd, 0, |i| i, |b, c, d| (b & c) | (!b & d));
        turn_round(simd, &mut now, &words, &round);
        let round = Round::new(simd, 1, |i| 5 * i + 1, |b, c, d| (b & d) | (c & !d));
        turn_round(simd, &mut now, &words, &round);
        let round = Round::new(simd, 2, |i| 3 * i + 5, |b, c, d| b ^ c ^ d);
        turn_round(simd, &mut now, &words, &round);
        let round = Round::new(simd, 3, |i| 7 * i, |b, c, d| c ^ (b | !d));
        turn_round(simd, &mut now, &words, &round);
        for (sum, now) in sums.iter_mut().zip(now) {
            *sum += now;
        }
    }
    *states = sums.map(Into::into);
}

/// One of the four rounds: in which order it takes the words of a block, and how it mixes.
struct Round<O, M> {
    number: usize,
    order: O,
    mix: M,
}

impl<O: Fn(usize) -> usize, M> Round<O, M> {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "only so it is compiled for each kind of processor")]
    fn new<S: Simd>(_: S, number: usize, order: O, mix: M) -> Self
    where
        M: Fn(Words<S>, Words<S>, Words<S>) -> Words<S>,
    {
        Self { number, order, mix }
    }
}

/// Sixteen steps, which take the words of a block in an order of their own.
#[inline(always)]
#[expect(clippy::inline_always, reason = "only so it is compiled for each kind of processor")]
#[expect(clippy::indexing_slicing, reason = "all arrays have sixteen places or four")]
fn turn_round<S: Simd>(
    simd: S,
    state: &mut [Words<S>; 4],
    words: &[Words<S>; 16],
    round: &Round<impl Fn(usize) -> usize, impl Fn(Words<S>, Words<S>, Words<S>) -> Words<S>>,
) {
    let Round { number, order, mix } = round;
    let [mut a, mut b, mut c, mut d] = *state;
    for step in 0..16 {
        let sine = Words::splat(simd, SINES[*number][step]);
        let sum = mix(b, c, d) + (a + sine + words[order(step) % 16]);
        let far = ROTATIONS[*number][step % 4];
        let rotated = (sum << far) | (sum >> (32 - far));
        (a, d, c, b) = (d, c, b, b + rotated);
    }
    *state = [a, b, c, d];
}

/// The n-th words of all blocks side by side, for each n.
#[inline(always)]
#[expect(clippy::inline_always, reason = "only so it is compiled for each kind of processor")]
#[expect(clippy::indexing_slicing, reason = "all arrays have sixteen places")]
fn words_of<S: Simd>(simd: S, blocks: [&Block; WIDTH]) -> [Words<S>; 16] {
    let mut rows: [Words<S>; 16] = blocks.map(|block| {
        let words: [[u8; 4]; 16] = from_fn(|word| from_fn(|byte| block[word * 4 + byte]));
        words.map(u32::from_le_bytes).simd_into(simd)
    });
    // As cards are shuffled: after four times rows are columns.
    for _ in 0..4 {
        let halves: [_; 8] = from_fn(|row| rows[row].interleave(rows[row + 8]));
        rows = from_fn(|row| if row % 2 == 0 { halves[row / 2].0 } else { halves[row / 2].1 });
    }
    rows
}
