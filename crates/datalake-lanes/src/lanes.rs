//! Contents that are hashed side by side: where each of them stands.

use std::borrow::Cow;

/// What an algorithm takes at a time.
pub type Block = [u8; 64];

/// A hash that is made block by block.
pub trait Algorithm {
    /// What the blocks so far make.
    type State: Copy;
    /// The hash.
    type Digest;
    /// What no block makes.
    const START: Self::State;

    /// Takes blocks into states, the first ones into the first state and so on. All have equally
    /// many.
    fn compress(states: &mut [Self::State], blocks: &[&[Block]]);

    /// The length of a content in bits, as it stands at the end.
    fn length(bits: u64) -> [u8; 8];

    /// The hash that a state is.
    fn digest(state: Self::State) -> Self::Digest;
}

/// Contents that are hashed side by side.
pub struct Lanes<A: Algorithm>(Vec<Lane<A>>);

struct Lane<A: Algorithm> {
    state: A::State,
    /// Less than a block, and in no block yet.
    rest: Vec<u8>,
    length: u64,
}

impl<A: Algorithm> Lanes<A> {
    /// So many contents, at their beginning.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let begin = || Lane { state: A::START, rest: Vec::new(), length: 0 };
        Self(std::iter::repeat_with(begin).take(count).collect())
    }

    /// Goes on with the next piece of each content. It is fastest where all are equally long, and
    /// none but the last ends within a block.
    pub fn update(&mut self, pieces: &[&[u8]]) {
        let lanes = self.0.iter_mut().zip(pieces);
        let joined: Vec<Cow<'_, [u8]>> = lanes.map(|(lane, piece)| lane.join(piece)).collect();
        let cut: Vec<_> = joined.iter().map(|bytes| bytes.as_chunks()).collect();
        for (lane, (_, rest)) in self.0.iter_mut().zip(&cut) {
            lane.rest = rest.to_vec();
        }
        self.compress(cut.into_iter().map(|(blocks, _)| blocks).collect());
    }

    /// The hashes, in the order of the contents.
    #[must_use]
    pub fn finish(mut self) -> Vec<A::Digest> {
        let ends: Vec<Vec<u8>> = self.0.iter().map(Lane::end).collect();
        self.compress(ends.iter().map(|end| end.as_chunks().0).collect());
        self.0.into_iter().map(|lane| A::digest(lane.state)).collect()
    }

    /// Takes blocks into all lanes, as many at once as those that have any have in common.
    fn compress(&mut self, mut left: Vec<&[Block]>) {
        while let Some(common) = left.iter().map(|blocks| blocks.len()).filter(|&n| n > 0).min() {
            let (mut lanes, mut blocks) = (Vec::new(), Vec::new());
            for (lane, left) in self.0.iter_mut().zip(&mut left) {
                if let Some((now, later)) = left.split_at_checked(common) {
                    *left = later;
                    blocks.push(now);
                    lanes.push(lane);
                }
            }
            let mut states: Vec<_> = lanes.iter().map(|lane| lane.state).collect();
            A::compress(&mut states, &blocks);
            for (lane, state) in lanes.into_iter().zip(states) {
                lane.state = state;
            }
        }
    }
}

impl<A: Algorithm> Lane<A> {
    /// What is in no block yet, with a new piece behind it.
    fn join<'p>(&mut self, piece: &'p [u8]) -> Cow<'p, [u8]> {
        self.length += piece.len() as u64;
        if self.rest.is_empty() {
            return Cow::Borrowed(piece);
        }
        Cow::Owned([&self.rest, piece].concat())
    }

    /// The last blocks: a bit, zeros up to the end of a block, and the length there.
    fn end(&self) -> Vec<u8> {
        let mut end = self.rest.clone();
        end.push(0x80);
        end.resize((end.len() + 8).next_multiple_of(64) - 8, 0);
        end.extend(A::length(self.length * 8));
        end
    }
}

impl<A: Algorithm> std::fmt::Debug for Lanes<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Lanes({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::Digest as _;

    use super::*;
    use crate::{Md5, Sha256};

    fn hash<A: Algorithm>(contents: &[Vec<u8>], step: usize) -> Vec<A::Digest> {
        let mut lanes = Lanes::<A>::new(contents.len());
        let longest = contents.iter().map(Vec::len).max().unwrap_or_default();
        for place in (0..longest).step_by(step) {
            let piece =
                |content: &Vec<u8>| place.min(content.len())..content.len().min(place + step);
            let pieces: Vec<&[u8]> = contents.iter().map(|bytes| &bytes[piece(bytes)]).collect();
            lanes.update(&pieces);
        }
        lanes.finish()
    }

    fn check(contents: &[Vec<u8>], step: usize) {
        let md5: Vec<[u8; 16]> = contents.iter().map(|all| md5::Md5::digest(all).into()).collect();
        assert_eq!(hash::<Md5>(contents, step), md5, "MD5 in pieces of {step}");
        let sha256 = |all: &Vec<u8>| sha2::Sha256::digest(all).into();
        let sha256: Vec<[u8; 32]> = contents.iter().map(sha256).collect();
        assert_eq!(hash::<Sha256>(contents, step), sha256, "SHA-256 in pieces of {step}");
    }

    fn content(seed: usize, length: usize) -> Vec<u8> {
        (0..length).map(|place| ((place * 7919 + seed * 104_729) >> 3).to_le_bytes()[0]).collect()
    }

    #[test]
    fn contents_of_all_short_lengths_have_their_hashes() {
        let contents: Vec<_> = (0..300).map(|length| content(length, length)).collect();

        check(&contents, 300);
        check(&contents, 64);
        for contents in contents.chunks(17) {
            check(contents, 50);
        }
    }

    #[test]
    fn any_number_of_lanes_is_hashed() {
        for count in 0..40 {
            let contents: Vec<_> = (0..count).map(|seed| content(seed, 1000)).collect();
            check(&contents, 256);
        }
    }

    proptest! {
        #[test]
        fn uneven_contents_have_their_hashes(
            contents in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3000), 0..20),
            step in 1..500_usize,
        ) {
            check(&contents, step);
        }
    }
}
