//! Both sides and the manifest, name by name.

use datalake_core::job::find_own_names;
use datalake_core::transfer::Known;

use super::feed::{Feed, FoundName, NamedEntry};
use super::manifest::Entries;
use super::{BucketFolder, Route, StopCause};

/// All that there is of one name.
#[derive(Debug)]
pub(crate) struct NamePair {
    pub(crate) name: String,
    pub(crate) source: Option<FoundName>,
    pub(crate) destination: Option<FoundName>,
    pub(crate) known: Option<Known>,
}

/// Three sorted streams as one.
pub(crate) struct Merge {
    source: Feed,
    destination: Feed,
    known: Entries,
    heads: Heads,
    spared: SparedNames,
}

/// What the names begin with that take no part, whichever side has them: on one of the two they are the
/// keys of datalake's own objects, such as jobs.
#[derive(Debug, Default)]
pub(crate) struct SparedNames(Vec<&'static str>);

impl SparedNames {
    /// Those of transfers between these folders and others.
    pub(crate) fn of_folders<'f>(folders: impl IntoIterator<Item = &'f BucketFolder<'f>>) -> Self {
        Self(folders.into_iter().filter_map(|folder| find_own_names(&folder.prefix)).collect())
    }

    /// Those of a route.
    pub(crate) fn of_route(route: &Route<'_>) -> Self {
        match route {
            Route::Up(_, folder) | Route::Down(folder, _) => Self::of_folders([*folder]),
            Route::Across(from, to) => Self::of_folders([*from, *to]),
        }
    }

    fn has_name(&self, name: &str) -> bool {
        self.0.iter().any(|beginning| name.starts_with(beginning))
    }
}

#[derive(Default)]
struct Heads {
    source: StreamHead<NamedEntry>,
    destination: StreamHead<NamedEntry>,
    known: StreamHead<(String, Known)>,
}

/// The next of a stream, as far as it has been looked at.
#[derive(Default)]
enum StreamHead<T> {
    #[default]
    Unseen,
    Next(T),
    End,
}

impl<T> StreamHead<T> {
    fn peek(&self) -> Option<&T> {
        match self {
            Self::Next(next) => Some(next),
            Self::Unseen | Self::End => None,
        }
    }

    fn take_if(&mut self, is: impl FnOnce(&T) -> bool) -> Option<T> {
        if !self.peek().is_some_and(is) {
            return None;
        }
        match std::mem::take(self) {
            Self::Next(next) => Some(next),
            Self::Unseen | Self::End => None,
        }
    }

    fn unseen(&self) -> bool {
        matches!(self, Self::Unseen)
    }
}

impl<T> From<Option<T>> for StreamHead<T> {
    fn from(next: Option<T>) -> Self {
        next.map_or(Self::End, Self::Next)
    }
}

impl Merge {
    pub(crate) fn new(source: Feed, destination: Feed, known: Entries) -> Self {
        let (heads, spared) = (Heads::default(), SparedNames::default());
        Self { source, destination, known, heads, spared }
    }

    /// The same without these names.
    pub(crate) fn without_names(self, spared: SparedNames) -> Self {
        Self { spared, ..self }
    }

    /// The next name in order; `None` at the end of all three.
    pub(crate) async fn next(&mut self) -> Result<Option<NamePair>, StopCause> {
        loop {
            match self.take_lowest().await? {
                Some(pair) if self.spared.has_name(&pair.name) => (),
                other => return Ok(other),
            }
        }
    }

    async fn take_lowest(&mut self) -> Result<Option<NamePair>, StopCause> {
        if self.heads.source.unseen() {
            self.heads.source = self.source.next().await?.into();
        }
        if self.heads.destination.unseen() {
            self.heads.destination = self.destination.next().await?.into();
        }
        if self.heads.known.unseen() {
            self.heads.known = self.known.next().map_err(StopCause::Manifest)?.into();
        }
        Ok(self.heads.lowest())
    }
}

impl Heads {
    fn lowest(&mut self) -> Option<NamePair> {
        let names = [
            self.source.peek().map(|entry| &entry.name),
            self.destination.peek().map(|entry| &entry.name),
            self.known.peek().map(|(name, _)| name),
        ];
        let name = names.into_iter().flatten().min()?.clone();
        let source = self.source.take_if(|entry| entry.name == name).map(|entry| entry.found);
        let destination =
            self.destination.take_if(|entry| entry.name == name).map(|entry| entry.found);
        let known = self.known.take_if(|(known, _)| *known == name).map(|(_, known)| known);
        Some(NamePair { name, source, destination, known })
    }
}
