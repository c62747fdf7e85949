//! A content as one Zstandard frame.

use std::io::{self, Write as _};

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::ByteStream;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use zstd::stream::raw::{Decoder, InBuffer, Operation as _, OutBuffer};
use zstd::stream::write;

/// How hard contents are compressed, of Zstandard's 1 to 22.
const LEVEL: i32 = 10;

/// How the contents begin that are unpacked before.
const ZSTANDARD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
/// How contents begin that this release cannot unpack, and would only make longer.
const OTHERS: [(&[u8], &str); 3] =
    [(&[0x1f, 0x8b], "gzip"), (b"BZh", "bzip2"), (&[0xfd, b'7', b'z', b'X', b'Z', 0], "xz")];
/// So many bytes tell.
const LONGEST_BEGINNING: usize = 6;

/// So many bytes are unpacked at one time.
const PIECE: usize = 128 << 10;

/// What a name gets behind it.
const ENDING: &str = ".zst";

/// The name of what is stored: no two objects come to the same one.
pub(super) fn name_packed(name: &str) -> String {
    format!("{name}{ENDING}")
}

/// Contents on their way into a frame.
struct Packer {
    unpack: Option<Unpacker>,
    pack: write::Encoder<'static, Vec<u8>>,
}

/// Contents on their way out of frames.
struct Unpacker {
    decoder: Decoder<'static>,
    /// Whether all frames so far are whole.
    is_whole: bool,
    /// What was unpacked at one time: a frame of some bytes may stand for any number of them.
    piece: Vec<u8>,
}

/// The content as one Zstandard frame; one that is made of Zstandard frames is unpacked before.
///
/// A fault of kind `Unsupported` tells of a content that is compressed otherwise, one of kind
/// `Unreadable` of a broken frame.
pub(super) async fn pack_content(mut content: ByteStream<'_>) -> Result<ByteStream<'_>, Fault> {
    let mut beginning = Vec::new();
    while beginning.len() < LONGEST_BEGINNING {
        let Some(chunk) = content.try_next().await? else { break };
        beginning.extend_from_slice(&chunk);
    }
    let packer = Packer::begin_packing(&beginning)?;
    let content = stream::iter([Ok(Bytes::from(beginning))]).chain(content).boxed();
    let packed = stream::try_unfold(Some((packer, content)), |state| async move {
        let Some((mut packer, mut content)) = state else { return Ok(None) };
        match content.try_next().await? {
            Some(chunk) => {
                let packed = packer.take_chunk(&chunk).map_err(explain_frame)?;
                Ok(Some((packed, Some((packer, content)))))
            }
            None => Ok(Some((packer.take_end().map_err(explain_frame)?, None))),
        }
    });
    Ok(packed.boxed())
}

impl Packer {
    fn begin_packing(beginning: &[u8]) -> Result<Self, Fault> {
        if let Some((_, name)) = OTHERS.iter().find(|(start, _)| beginning.starts_with(start)) {
            let detail = format!("the content is {name}, which is not unpacked here");
            return Err(Fault::new(FaultKind::Unsupported, detail));
        }
        let is_packed = beginning.starts_with(ZSTANDARD);
        let unpack = is_packed.then(Unpacker::begin_unpacking);
        let unpack = unpack.transpose().map_err(explain_frame)?;
        let pack = write::Encoder::new(Vec::new(), LEVEL).map_err(explain_frame)?;
        Ok(Self { unpack, pack })
    }

    fn take_chunk(&mut self, chunk: &[u8]) -> io::Result<Bytes> {
        match &mut self.unpack {
            Some(unpack) => unpack.unpack_into(chunk, &mut self.pack)?,
            None => self.pack.write_all(chunk)?,
        }
        Ok(std::mem::take(self.pack.get_mut()).into())
    }

    fn take_end(self) -> io::Result<Bytes> {
        let Self { unpack, pack } = self;
        if unpack.is_some_and(|unpack| !unpack.is_whole) {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the last frame broke off"));
        }
        pack.finish().map(Bytes::from)
    }
}

impl Unpacker {
    fn begin_unpacking() -> io::Result<Self> {
        Ok(Self { decoder: Decoder::new()?, is_whole: true, piece: vec![0; PIECE] })
    }

    /// Unpacks a chunk piece by piece, each of which is packed before the next one is made.
    fn unpack_into(&mut self, chunk: &[u8], pack: &mut impl io::Write) -> io::Result<()> {
        let mut input = InBuffer::around(chunk);
        loop {
            let is_read = input.pos() == chunk.len();
            if self.is_whole && is_read {
                return Ok(());
            }
            if self.is_whole {
                self.decoder.reinit()?;
            }
            let mut output = OutBuffer::around(self.piece.as_mut_slice());
            self.is_whole = self.decoder.run(&mut input, &mut output)? == 0;
            let made = output.as_slice();
            pack.write_all(made)?;
            if is_read && made.len() < PIECE {
                return Ok(());
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn explain_frame(error: io::Error) -> Fault {
    Fault::new(FaultKind::Unreadable, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pack_pieces(content: &[u8], piece: usize) -> Result<Vec<u8>, FaultKind> {
        let chunks: Vec<_> =
            content.chunks(piece).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let packed =
            pack_content(stream::iter(chunks).boxed()).await.map_err(|fault| fault.kind)?;
        let pieces: Vec<Bytes> = packed.try_collect().await.map_err(|fault: Fault| fault.kind)?;
        Ok(pieces.concat())
    }

    fn make_content(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[usize::from(state.to_be_bytes()[1] % 2)] % 40
        };
        std::iter::repeat_with(&mut next).take(length).collect()
    }

    #[tokio::test]
    async fn whatever_pieces_a_content_comes_in_the_frame_is_the_same() {
        for length in [0, 1, 5, 300_000] {
            let content = make_content(length);
            let whole = pack_pieces(&content, usize::MAX).await.unwrap();
            assert_eq!(zstd::stream::decode_all(whole.as_slice()).unwrap(), content);
            for piece in [1_000, 131_072, 200_001] {
                assert_eq!(pack_pieces(&content, piece).await.unwrap(), whole, "{length} {piece}");
            }
        }
    }

    #[tokio::test]
    async fn frames_are_unpacked_before_and_half_ones_are_refused() {
        let (one, two) = (make_content(70_000), make_content(10));
        let pack = |content: &[u8]| zstd::stream::encode_all(content, 1).unwrap();
        let frames = [pack(&one), pack(&two)].concat();

        let again = pack_pieces(&frames, 1_000).await.unwrap();

        assert_eq!(again, pack_pieces(&[one, two].concat(), 999).await.unwrap());
        let half = &frames[..frames.len() / 2];
        assert_eq!(pack_pieces(half, 1_000).await, Err(FaultKind::Unreadable));
        assert_eq!(pack_pieces(b"\x1f\x8b\x08rest", 2).await, Err(FaultKind::Unsupported));
    }

    #[test]
    fn a_frame_that_stands_for_very_much_is_unpacked_piece_by_piece() {
        struct LongestWrite(usize, u64);
        impl io::Write for LongestWrite {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                (self.0, self.1) = (self.0.max(bytes.len()), self.1 + bytes.len() as u64);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let length = 256 << 20;
        let bomb = zstd::stream::encode_all(io::Read::take(io::repeat(0), length), 3).unwrap();
        let (mut unpack, mut seen) = (Unpacker::begin_unpacking().unwrap(), LongestWrite(0, 0));

        unpack.unpack_into(&bomb, &mut seen).unwrap();

        assert!(unpack.is_whole && bomb.len() < 100_000, "{}", bomb.len());
        assert_eq!((seen.0, seen.1), (PIECE, length));
    }

    #[test]
    fn no_two_names_come_to_the_same_one() {
        assert_eq!(name_packed("a/b.json"), "a/b.json.zst");
        assert_eq!(name_packed("a/b.json.zst"), "a/b.json.zst.zst");
    }
}
