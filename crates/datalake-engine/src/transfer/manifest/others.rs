//! What other pairs of places have left of files that this run shares with them.

use std::collections::{BTreeMap, VecDeque};

use datalake_core::fault::Fault;
use datalake_core::transfer::Known;

use super::{Changes, Entries, FirstFrame, Frames, ManifestRecord, journal_name};
use crate::transfer::{LongFiles, OtherRecords};

/// So many records are read ahead: a short manifest is closed at once, however many there are.
const AHEAD: usize = 256;

/// The records of other pairs; each is opened when a name is first asked for.
pub(crate) struct Others<'a>(Vec<Other<'a>>);

struct Other<'a> {
    records: &'a OtherRecords<'a>,
    opened: Option<ForgettingManifest>,
}

/// A manifest of which the names that have gone by are forgotten.
struct ForgettingManifest {
    /// What a killed run has done, or one that is at work now.
    journal: Changes,
    ahead: VecDeque<(String, Known)>,
    entries: Entries,
}

impl<'a> Others<'a> {
    pub(crate) fn new(records: &'a [OtherRecords<'a>]) -> Self {
        Self(records.iter().map(|records| Other { records, opened: None }).collect())
    }

    /// What the others know of a name of this run. Names have to be asked for in order.
    pub(crate) fn find(&mut self, name: &str) -> Result<Vec<Known>, Fault> {
        let found = self.0.iter_mut().map(|other| other.find(name));
        Ok(found.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

impl Other<'_> {
    fn find(&mut self, name: &str) -> Result<Option<Known>, Fault> {
        let records = self.records;
        let Some(there) = records.find_name(name) else { return Ok(None) };
        let opened = match &mut self.opened {
            Some(opened) => opened,
            None => self.opened.insert(ForgettingManifest::open(records.files, &records.manifest)?),
        };
        opened.find(&there)
    }
}

impl ForgettingManifest {
    fn open(files: &dyn LongFiles, name: &str) -> Result<Self, Fault> {
        // The journal first: a run that ends meanwhile moves it into the manifest.
        let journal = read_journal(files, name)?;
        Ok(Self { journal, ahead: VecDeque::new(), entries: Entries::open(files, name)? })
    }

    fn find(&mut self, name: &str) -> Result<Option<Known>, Fault> {
        if let Some(last) = self.journal.get(name) {
            return Ok(last.clone());
        }
        while self.read_ahead()? {
            match self.ahead.front() {
                Some((next, known)) if next == name => return Ok(Some(known.clone())),
                Some((next, _)) if next.as_str() > name => return Ok(None),
                _ => drop(self.ahead.pop_front()),
            }
        }
        Ok(None)
    }

    /// Whether there is another record.
    fn read_ahead(&mut self) -> Result<bool, Fault> {
        if self.ahead.is_empty() {
            while self.ahead.len() < AHEAD {
                let Some(next) = self.entries.next()? else { break };
                self.ahead.push_back(next);
            }
        }
        Ok(!self.ahead.is_empty())
    }
}

/// What a journal tells of each name at last.
fn read_journal(files: &dyn LongFiles, name: &str) -> Result<Changes, Fault> {
    let mut changes = BTreeMap::new();
    let Some(file) = files.open(&journal_name(name))? else { return Ok(changes) };
    let mut frames = Frames::new(file);
    let Some(head) = frames.next_whole()? else { return Ok(changes) };
    FirstFrame::journal().check(&head)?;
    while let Some(frame) = frames.next_whole()? {
        match ManifestRecord::decode(&frame)?.0 {
            ManifestRecord::Known(name, known) => drop(changes.insert(name, Some(known))),
            ManifestRecord::Gone(name) => drop(changes.insert(name, None)),
            ManifestRecord::Begun(_) | ManifestRecord::Ended(_) => (),
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use datalake_core::size::ByteSize;
    use datalake_core::time::Timestamp;
    use datalake_core::transfer::{Evidence, FileFacts, ObjectFacts, Side};

    use super::*;
    use crate::transfer::SharedFiles;
    use crate::transfer::manifest::Ledger;
    use crate::transfer::memory::MemoryLongFiles;

    fn known(size: u64) -> Known {
        let file =
            Side::File(FileFacts::new(ByteSize(size), Timestamp::from_unix(1).unwrap().into()));
        let etag = "0cc175b9c0f1b6a831c399e269772661".parse().unwrap();
        let modified = Timestamp::from_unix(1).unwrap();
        let object = Side::Object(ObjectFacts { size: ByteSize(size), modified, etag });
        Known::of(&object, &file, Evidence::Compared).unwrap()
    }

    fn records(files: &MemoryLongFiles, shared: SharedFiles) -> OtherRecords<'_> {
        OtherRecords { files, manifest: "a".to_owned(), shared }
    }

    fn sizes(others: &mut Others<'_>, name: &str) -> Vec<u64> {
        others.find(name).unwrap().into_iter().map(|known| known.size.0).collect()
    }

    #[test]
    fn names_are_found_in_order_whatever_lies_between_them() {
        let files = MemoryLongFiles::default();
        let ledger = Ledger::open(&files, "a").unwrap();
        for number in 0..1000 {
            ledger.add(&ManifestRecord::Known(format!("sub/{number:04}"), known(number))).unwrap();
        }
        ledger.close().unwrap();

        let below = [records(&files, SharedFiles::Prefixed("sub/".to_owned()))];
        let mut others = Others::new(&below);
        let found = ["", "0000", "0300", "0300x", "0999", "1"].map(|name| sizes(&mut others, name));
        assert_eq!(found, [vec![], vec![0], vec![300], vec![], vec![999], vec![]]);

        let above = [records(&files, SharedFiles::Stripped("top/".to_owned()))];
        let mut others = Others::new(&above);
        let found = ["sub/0001", "top/sub/0001"].map(|name| sizes(&mut others, name));
        assert_eq!(found, [vec![], vec![1]]);
    }

    #[test]
    fn what_a_killed_run_has_done_counts_and_stays_where_it_is() {
        let files = MemoryLongFiles::default();
        let ledger = Ledger::open(&files, "a").unwrap();
        ledger.add(&ManifestRecord::Known("a".to_owned(), known(1))).unwrap();
        ledger.add(&ManifestRecord::Known("b".to_owned(), known(1))).unwrap();
        ledger.close().unwrap();
        let killed = Ledger::open(&files, "a").unwrap();
        killed.add(&ManifestRecord::Known("a".to_owned(), known(2))).unwrap();
        killed.add(&ManifestRecord::Gone("b".to_owned())).unwrap();
        drop(killed);
        let before = files.names();

        let same = [records(&files, SharedFiles::Prefixed(String::new()))];
        let mut others = Others::new(&same);

        assert_eq!(["a", "b"].map(|name| sizes(&mut others, name)), [vec![2], vec![]]);
        assert_eq!(files.names(), before);
    }

    #[test]
    fn a_damaged_record_is_a_fault() {
        let files = MemoryLongFiles::default();
        let ledger = Ledger::open(&files, "a").unwrap();
        ledger.add(&ManifestRecord::Known("a".to_owned(), known(1))).unwrap();
        ledger.close().unwrap();
        files.damage("a.manifest", |bytes| *bytes.last_mut().unwrap() ^= 1);

        let same = [records(&files, SharedFiles::Prefixed(String::new()))];
        assert!(Others::new(&same).find("a").is_err());
    }
}
