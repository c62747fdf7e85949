//! Changes in any order merged into a sorted manifest, with bounded memory.

use std::mem;

use datalake_core::{Fault, Known};

use super::frame::{Frames, Head, write_frame};
use super::record::Record;
use super::{Changes, Entries};
use crate::transfer::{LongFiles, NewLongFile};

/// So many changes are sorted in memory; more go to files in sorted pieces.
const IN_MEMORY: usize = 50_000;
/// A frame of the manifest is about so long.
const FRAME: usize = 64 << 10;

/// Changes, sorted piece by piece. A later piece has the later changes.
pub(crate) struct Pieces<'a> {
    files: &'a dyn LongFiles,
    name: &'a str,
    written: usize,
    last: Changes,
}

/// Sorted changes from one piece.
struct Piece {
    source: Source,
    head: Option<(String, Option<Known>)>,
}

enum Source {
    File(Frames),
    Memory(std::collections::btree_map::IntoIter<String, Option<Known>>),
    Manifest(Entries),
}

impl<'a> Pieces<'a> {
    pub(crate) fn new(files: &'a dyn LongFiles, name: &'a str) -> Self {
        Self { files, name, written: 0, last: Changes::new() }
    }

    pub(crate) fn add(&mut self, name: String, known: Option<Known>) -> Result<(), Fault> {
        self.last.insert(name, known);
        if self.last.len() >= IN_MEMORY {
            self.write()?;
        }
        Ok(())
    }

    /// Whether there is any change.
    pub(crate) fn any(&self) -> bool {
        self.written > 0 || !self.last.is_empty()
    }

    fn write(&mut self) -> Result<(), Fault> {
        let mut file = self.files.create(&self.piece_name(self.written))?;
        for (name, known) in mem::take(&mut self.last) {
            let mut bytes = Vec::new();
            match known {
                Some(known) => Record::Known(name, known),
                None => Record::Gone(name),
            }
            .encode(&mut bytes)?;
            write_frame(&mut *file, &bytes)?;
        }
        file.finish()?;
        self.written += 1;
        Ok(())
    }

    fn piece_name(&self, number: usize) -> String {
        format!("{}.piece-{number}", self.name)
    }

    /// All pieces, the earliest first.
    fn open(&mut self) -> Result<Vec<Piece>, Fault> {
        let mut pieces = Vec::new();
        for number in 0..self.written {
            if let Some(file) = self.files.open(&self.piece_name(number))? {
                pieces.push(Piece::new(Source::File(Frames::new(file)))?);
            }
        }
        pieces.push(Piece::new(Source::Memory(mem::take(&mut self.last).into_iter()))?);
        Ok(pieces)
    }

    fn remove(&self) -> Result<(), Fault> {
        (0..self.written).try_for_each(|number| self.files.remove(&self.piece_name(number)))
    }
}

impl Piece {
    fn new(source: Source) -> Result<Self, Fault> {
        let mut piece = Self { source, head: None };
        piece.head = piece.source.next()?;
        Ok(piece)
    }

    fn take(&mut self) -> Result<Option<(String, Option<Known>)>, Fault> {
        let next = self.source.next()?;
        Ok(mem::replace(&mut self.head, next))
    }
}

impl Source {
    fn next(&mut self) -> Result<Option<(String, Option<Known>)>, Fault> {
        match self {
            Self::Memory(changes) => Ok(changes.next()),
            Self::Manifest(entries) => Ok(entries.next()?.map(|(name, known)| (name, Some(known)))),
            Self::File(frames) => match frames.next()? {
                None => Ok(None),
                Some(frame) => Ok(match Record::decode(&frame)?.0 {
                    Record::Known(name, known) => Some((name, Some(known))),
                    Record::Gone(name) | Record::Begun(name) | Record::Ended(name) => {
                        Some((name, None))
                    }
                }),
            },
        }
    }
}

/// Merges changes into a manifest.
pub(crate) fn fold(
    old: Entries,
    mut changes: Pieces<'_>,
    mut new: Box<dyn NewLongFile>,
) -> Result<(), Fault> {
    let mut pieces = vec![Piece::new(Source::Manifest(old))?];
    pieces.extend(changes.open()?);
    write_frame(&mut *new, &Head::manifest().bytes())?;
    let mut frame = Vec::with_capacity(2 * FRAME);
    loop {
        let heads = pieces.iter().filter_map(|piece| piece.head.as_ref());
        let Some(name) = heads.map(|(name, _)| name).min().cloned() else { break };
        let mut latest = None;
        for piece in &mut pieces {
            if piece.head.as_ref().is_some_and(|(head, _)| *head == name) {
                latest = piece.take()?.and_then(|(_, known)| known);
            }
        }
        if let Some(known) = latest {
            Record::Known(name, known).encode(&mut frame)?;
        }
        if frame.len() >= FRAME {
            write_frame(&mut *new, &frame)?;
            frame.clear();
        }
    }
    if !frame.is_empty() {
        write_frame(&mut *new, &frame)?;
    }
    new.finish()?;
    changes.remove()
}
