//! Changes in any order merged into a sorted manifest, with bounded memory.

use std::mem;

use datalake_core::fault::Fault;
use datalake_core::transfer::Known;

use super::frame::{FirstFrame, Frames, write_frame};
use super::record::ManifestRecord;
use super::{Changes, Entries};
use crate::transfer::{LongFiles, NewLongFile};

/// So many changes are sorted in memory; more go to files in sorted pieces.
const IN_MEMORY: usize = 50_000;
/// A frame of the manifest is about so long.
const FRAME: usize = 64 << 10;

/// Changes, sorted piece by piece. A later piece has the later changes.
pub(crate) struct SortedPieces<'a> {
    files: &'a dyn LongFiles,
    name: &'a str,
    written: usize,
    last: Changes,
}

/// Sorted changes from one piece.
struct SortedPiece {
    source: PieceSource,
    head: Option<(String, Option<Known>)>,
}

enum PieceSource {
    File(Frames),
    Memory(std::collections::btree_map::IntoIter<String, Option<Known>>),
    Manifest(Entries),
}

impl<'a> SortedPieces<'a> {
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
                Some(known) => ManifestRecord::Known(name, known),
                None => ManifestRecord::Gone(name),
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
    fn open(&mut self) -> Result<Vec<SortedPiece>, Fault> {
        let mut pieces = Vec::new();
        for number in 0..self.written {
            if let Some(file) = self.files.open(&self.piece_name(number))? {
                pieces.push(SortedPiece::new(PieceSource::File(Frames::new(file)))?);
            }
        }
        pieces.push(SortedPiece::new(PieceSource::Memory(mem::take(&mut self.last).into_iter()))?);
        Ok(pieces)
    }

    fn remove(&self) -> Result<(), Fault> {
        (0..self.written).try_for_each(|number| self.files.remove(&self.piece_name(number)))
    }
}

impl SortedPiece {
    fn new(source: PieceSource) -> Result<Self, Fault> {
        let mut piece = Self { source, head: None };
        piece.head = piece.source.next()?;
        Ok(piece)
    }

    fn take(&mut self) -> Result<Option<(String, Option<Known>)>, Fault> {
        let next = self.source.next()?;
        Ok(mem::replace(&mut self.head, next))
    }
}

impl PieceSource {
    fn next(&mut self) -> Result<Option<(String, Option<Known>)>, Fault> {
        match self {
            Self::Memory(changes) => Ok(changes.next()),
            Self::Manifest(entries) => Ok(entries.next()?.map(|(name, known)| (name, Some(known)))),
            Self::File(frames) => match frames.next()? {
                None => Ok(None),
                Some(frame) => Ok(match ManifestRecord::decode(&frame)?.0 {
                    ManifestRecord::Known(name, known) => Some((name, Some(known))),
                    ManifestRecord::Gone(name)
                    | ManifestRecord::Begun(name)
                    | ManifestRecord::Ended(name) => Some((name, None)),
                }),
            },
        }
    }
}

/// Merges changes into a manifest.
pub(crate) fn fold_changes(
    old: Entries,
    mut changes: SortedPieces<'_>,
    mut new: Box<dyn NewLongFile>,
) -> Result<(), Fault> {
    let mut pieces = vec![SortedPiece::new(PieceSource::Manifest(old))?];
    pieces.extend(changes.open()?);
    write_frame(&mut *new, &FirstFrame::manifest().bytes())?;
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
            ManifestRecord::Known(name, known).encode(&mut frame)?;
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
