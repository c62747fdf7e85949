//! Whether a file is a whole pickle, told from its bytes and without loading it.
//!
//! The local I/O manager opens a file, cuts it to nothing and writes into it. Half a pickle looks
//! like any other file to a copying program; but a pickle ends with its opcode `STOP`, and that is
//! found by stepping over the arguments of all opcodes before it.

/// What a file's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// A pickle with its end, or several in a row, and nothing behind.
    Pickle,
    /// A pickle without its end, or nothing at all: it is being written, or its writer was killed.
    Cut,
    /// An `SQLite` database.
    Database,
    /// Nothing that Dagster's own I/O manager has written.
    Other,
}

/// How an `SQLite` database begins.
pub const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
/// The opcode that tells the protocol.
const PROTO: u8 = 0x80;
/// The opcode that tells how much belongs together.
const FRAME: u8 = 0x95;

/// Reads a content piece by piece.
///
/// ```
/// use datalake_dagster::{ContentKind, ContentScan};
///
/// let mut scan = ContentScan::default();
/// scan.feed(b"\x80\x04K");
/// assert_eq!(scan.end(), ContentKind::Cut);
/// scan.feed(b"\x2a.");
/// assert_eq!(scan.end(), ContentKind::Pickle);
/// ```
#[derive(Debug, Clone)]
pub struct ContentScan {
    state: PickleState,
    /// Whether the pickle that is read has made anything: the end alone makes none.
    made: bool,
    /// The first bytes, for what is no pickle.
    head: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PickleState {
    /// Nothing was read.
    Start,
    /// The number of the protocol comes.
    Protocol,
    /// An opcode comes.
    Opcode,
    /// So many bytes of an argument are to come.
    Bytes(u64),
    /// So many bytes of a length are to come, the lowest first, and what came of it.
    Length { left: u32, read: u32, value: u64 },
    /// So many lines are to come.
    Lines(u8),
    /// The end came; only another pickle may come behind.
    Whole,
    /// It is no pickle.
    NoPickle,
}

/// What follows an opcode.
enum Argument {
    Bytes(u64),
    Length(u32),
    Lines(u8),
    End,
}

impl Default for ContentScan {
    fn default() -> Self {
        Self { state: PickleState::Start, made: false, head: Vec::new() }
    }
}

impl ContentScan {
    /// Goes on with these bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let missing = SQLITE_MAGIC.len().saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(bytes.get(..missing).unwrap_or_default());
        let mut rest = bytes;
        while !rest.is_empty() && self.state != PickleState::NoPickle {
            let taken = self.step(rest);
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    /// How many bytes come next that tell nothing: they belong to an argument and need not be read.
    #[must_use]
    pub fn skippable(&self) -> u64 {
        match self.state {
            PickleState::Bytes(left) => left,
            _ => 0,
        }
    }

    /// Passes over bytes that tell nothing, at most [`ContentScan::skippable`] of them.
    pub fn skip(&mut self, count: u64) {
        if let PickleState::Bytes(left) = self.state {
            self.state = bytes_left(left.saturating_sub(count));
        }
    }

    /// What it is, if nothing comes any more.
    #[must_use]
    pub fn end(&self) -> ContentKind {
        match self.state {
            PickleState::Whole => ContentKind::Pickle,
            PickleState::NoPickle if self.head.starts_with(SQLITE_MAGIC) => ContentKind::Database,
            PickleState::NoPickle => ContentKind::Other,
            _ => ContentKind::Cut,
        }
    }

    /// Takes some bytes and tells how many; there is at least one.
    fn step(&mut self, bytes: &[u8]) -> usize {
        let first = bytes.first().copied().unwrap_or_default();
        match self.state {
            PickleState::Start | PickleState::Whole => {
                // Every protocol from 2 on begins so; Dagster writes 4. What came before it has no
                // mark of its own: text can look like it.
                self.state =
                    if first == PROTO { PickleState::Protocol } else { PickleState::NoPickle };
                self.made = false;
                1
            }
            PickleState::Protocol => {
                self.state =
                    if is_protocol(first) { PickleState::Opcode } else { PickleState::NoPickle };
                1
            }
            PickleState::Opcode => {
                self.made |= !matches!(first, PROTO | FRAME | b'.');
                self.state = match argument_of(first) {
                    Some(Argument::End) if !self.made => PickleState::NoPickle,
                    Some(Argument::Bytes(0)) => PickleState::Opcode,
                    Some(Argument::Bytes(count)) => PickleState::Bytes(count),
                    Some(Argument::Length(left)) => PickleState::Length { left, read: 0, value: 0 },
                    Some(Argument::Lines(count)) => PickleState::Lines(count),
                    Some(Argument::End) => PickleState::Whole,
                    None => PickleState::NoPickle,
                };
                1
            }
            PickleState::Bytes(left) => {
                let taken = left.min(bytes.len() as u64);
                self.state = bytes_left(left - taken);
                usize::try_from(taken).unwrap_or(bytes.len())
            }
            PickleState::Length { left, read, value } => {
                let value = value | u64::from(first) << (8 * read);
                self.state = match left - 1 {
                    0 => bytes_left(value),
                    left => PickleState::Length { left, read: read + 1, value },
                };
                1
            }
            PickleState::Lines(left) => match bytes.iter().position(|byte| *byte == b'\n') {
                None => bytes.len(),
                Some(end) => {
                    self.state =
                        if left > 1 { PickleState::Lines(left - 1) } else { PickleState::Opcode };
                    end + 1
                }
            },
            PickleState::NoPickle => bytes.len(),
        }
    }
}

/// What a whole content in one piece is.
#[must_use]
pub fn content_of(bytes: &[u8]) -> ContentKind {
    let mut scan = ContentScan::default();
    scan.feed(bytes);
    scan.end()
}

/// Whether a content begins as a pickle does, as far as it is told.
#[must_use]
pub fn begins_as_pickle(head: &[u8]) -> bool {
    match *head {
        [PROTO] => true,
        [PROTO, protocol, ..] => is_protocol(protocol),
        _ => false,
    }
}

/// Protocols that begin with their number: 2 is of 2003, 5 the newest.
fn is_protocol(number: u8) -> bool {
    (2..=5).contains(&number)
}

fn bytes_left(left: u64) -> PickleState {
    if left == 0 { PickleState::Opcode } else { PickleState::Bytes(left) }
}

/// The arguments of opcodes, as Python's `pickletools` has them, of all protocols up to 5.
fn argument_of(opcode: u8) -> Option<Argument> {
    Some(match opcode {
        b'.' => Argument::End,
        b'('
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'Q'
        | b'R'
        | b'a'
        | b'b'
        | b'd'
        | b'}'
        | b'e'
        | b'l'
        | b']'
        | b'o'
        | b's'
        | b't'
        | b')'
        | b'u'
        | 0x81
        | 0x85..=0x89
        | 0x8f..=0x94
        | 0x97
        | 0x98 => Argument::Bytes(0),
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Argument::Bytes(1),
        b'M' | 0x83 => Argument::Bytes(2),
        b'J' | b'j' | b'r' | 0x84 => Argument::Bytes(4),
        // A frame's length tells of opcodes that come anyway.
        b'G' | 0x95 => Argument::Bytes(8),
        b'U' | b'C' | 0x8a | 0x8c => Argument::Length(1),
        b'T' | b'X' | b'B' | 0x8b => Argument::Length(4),
        0x8d | 0x8e | 0x96 => Argument::Length(8),
        b'F' | b'I' | b'L' | b'P' | b'S' | b'V' | b'g' | b'p' => Argument::Lines(1),
        b'c' | b'i' => Argument::Lines(2),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `pickle.dumps({"a": [1, 2.5, None, True, "ü" * 3], "b": (b"xyz", 10**30)}, 4)`.
    const PICKLE: &[u8] = b"\x80\x04\x95>\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(\
        K\x01G@\x04\x00\x00\x00\x00\x00\x00N\x88\x8c\x06\xc3\xbc\xc3\xbc\xc3\xbc\x94e\x8c\x01b\x94\
        C\x03xyz\x94\x8a\x0d\x00\x00\x00@\xea\xed\x74\x46\xd0\x9c\x2c\x9f\x0c\x86\x94u.";

    /// `pickle.dumps([1, "a\nb", {}], 0)` behind the head of protocol 2.
    const LINES: &[u8] = b"\x80\x02(lp0\nI1\naVa\\u000ab\np1\na(dp2\na.";

    #[test]
    fn a_pickle_is_whole_only_with_its_last_byte() {
        for pickle in [PICKLE, LINES] {
            assert_eq!(content_of(pickle), ContentKind::Pickle);
            for length in 0..pickle.len() {
                assert_eq!(content_of(&pickle[..length]), ContentKind::Cut, "{length} bytes");
            }
        }
    }

    #[test]
    fn what_stands_in_an_argument_is_no_end() {
        let mut pickle = b"\x80\x04B\x05\x00\x00\x00.....".to_vec();

        assert_eq!(content_of(&pickle), ContentKind::Cut);
        pickle.push(b'.');
        assert_eq!(content_of(&pickle), ContentKind::Pickle);
        // Several in a row are what one writer makes of several calls.
        pickle.extend_from_slice(b"\x80\x04");
        assert_eq!(content_of(&pickle), ContentKind::Cut);
        pickle.extend_from_slice(b"N.");
        assert_eq!(content_of(&pickle), ContentKind::Pickle);
    }

    #[test]
    fn what_begins_as_a_pickle_and_is_none_is_no_pickle() {
        let behind = |bytes: &[u8]| [PICKLE, bytes].concat();
        for other in [
            &b"\x80\x04."[..],
            b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00.",
            b"\x80\x00N.",
            b"\x80\x01N.",
            b"\x80\x06N.",
            b"\x80\xffN.",
            b"\x80\x04N.\n",
            &behind(b"\0\0\0\0"),
            &behind(b"PAR1"),
            &behind(b"\x80\x07N."),
        ] {
            assert_eq!(content_of(other), ContentKind::Other, "{other:?}");
        }
    }

    #[test]
    fn text_that_reads_as_an_old_pickle_is_none() {
        // Protocols 0 and 1 have no mark: `hello.` would be a whole one by its opcodes.
        for text in [&b"hello."[..], b"I1\n.", b"N.", b"(lp0\n.", b"]."] {
            assert_eq!(content_of(text), ContentKind::Other, "{text:?}");
            assert!(!begins_as_pickle(text), "{text:?}");
        }
    }

    #[test]
    fn marks_of_other_kinds_inside_a_pickle_are_its_content() {
        let text = |text: &[u8]| [b"\x80\x03X", &[4, 0, 0, 0][..], text, b"q\0."].concat();
        for mark in [b"PAR1", b"DUCK", b"SQLi"] {
            assert_eq!(content_of(&text(mark)), ContentKind::Pickle, "{mark:?}");
        }
    }

    #[test]
    fn other_files_are_told_apart() {
        assert_eq!(content_of(b""), ContentKind::Cut);
        assert_eq!(content_of(b"PAR1...."), ContentKind::Other);
        assert_eq!(content_of(b"SQLite format 3\0\x10\0"), ContentKind::Database);
        assert_eq!(content_of(b"\x80\x04\xff"), ContentKind::Other);
        assert_eq!(content_of(b"{\"a\": 1}"), ContentKind::Other);
    }

    #[test]
    fn bytes_of_an_argument_need_not_be_read() {
        let mut scan = ContentScan::default();
        scan.feed(b"\x80\x04\x8e\x00\x00\x00\x00\x00\x01\x00\x00");

        assert_eq!(scan.skippable(), 1 << 40);
        scan.skip(1 << 39);
        assert_eq!((scan.skippable(), scan.end()), (1 << 39, ContentKind::Cut));
        scan.skip(1 << 39);
        scan.feed(b".");
        assert_eq!((scan.skippable(), scan.end()), (0, ContentKind::Pickle));
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(cuts in proptest::collection::vec(1..9_usize, 1..40)) {
            let (mut scan, mut rest) = (ContentScan::default(), PICKLE);
            for cut in cuts {
                let (piece, behind) = rest.split_at(cut.min(rest.len()));
                scan.feed(piece);
                rest = behind;
            }
            let whole = content_of(&PICKLE[..PICKLE.len() - rest.len()]);
            prop_assert_eq!(scan.end(), whole);
        }
    }
}
