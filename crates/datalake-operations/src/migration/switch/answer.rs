//! What the program that asks Dagster answers. It comes from where user code runs, so it is data.

use std::collections::{BTreeMap, BTreeSet};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::text::printable;
use serde::Deserialize;

use super::libraries::CheckedLibraries;
use super::record::CheckedSource;

/// Each file is told so often, at most: by assets of several code servers and repositories.
const TOLD_TIMES: usize = 16;

/// A span of numbers of files: from one to before another.
type FileSpan = [usize; 2];

/// The last line that the program prints.
#[derive(Deserialize)]
struct PrintedAnswer {
    #[serde(default)]
    answers: Vec<CodeAnswer>,
    nothing: Option<String>,
    failed: Option<String>,
    absent: Option<String>,
}

#[derive(Deserialize)]
struct CodeAnswer {
    failed: Option<String>,
    absent: Option<String>,
    python: Option<String>,
    dagster: Option<String>,
    #[serde(default)]
    managers: Vec<ToldManager>,
    #[serde(default)]
    assets: Vec<AssetAnswer>,
    #[serde(default)]
    files: Vec<[String; 2]>,
    #[serde(default)]
    libraries: Vec<(String, Vec<String>)>,
    #[serde(default)]
    loads: LoadsAnswer,
}

/// An I/O manager, as Dagster has built it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct ToldManager {
    /// The class that does the work.
    pub(super) class: Option<String>,
    /// The class that code names.
    pub(super) declared: Option<String>,
    /// `s3`, `local`, `unknown` or another protocol.
    pub(super) kind: String,
    /// How code says where it reads: `library`, `generated` or `path`.
    pub(super) place: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) endpoint: Option<String>,
    /// Why it could not be built.
    pub(super) failed: Option<String>,
}

#[derive(Deserialize)]
struct AssetAnswer {
    key: Vec<String>,
    manager: usize,
    #[serde(default)]
    bases: Vec<(String, Vec<FileSpan>)>,
    #[serde(default)]
    odd: Vec<(usize, String)>,
    #[serde(default)]
    unknown: Vec<FileSpan>,
}

#[derive(Deserialize, Default)]
struct LoadsAnswer {
    #[serde(default)]
    right: Vec<FileSpan>,
    #[serde(default)]
    types: Vec<(usize, String)>,
    #[serde(default)]
    failed: Vec<(usize, String)>,
    #[serde(default)]
    untried: Vec<FileSpan>,
}

/// What code servers of one place tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PlaceAnswer {
    /// Each of them.
    Told(Vec<ToldCode>),
    /// No user code is loaded there.
    Nothing(String),
}

/// What one code server tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ToldCode {
    pub(super) python: String,
    pub(super) dagster: String,
    pub(super) managers: Vec<ToldManager>,
    pub(super) items: Vec<ToldItem>,
    /// Files whose values were loaded.
    pub(super) loaded: BTreeSet<usize>,
    /// Managers of which at least one file was loaded.
    pub(super) loaded_managers: BTreeSet<usize>,
    /// The types of some of them.
    pub(super) types: BTreeMap<usize, String>,
    /// Files whose values did not load, and why.
    pub(super) not_loaded: BTreeMap<usize, String>,
    /// Files that there was no time for.
    pub(super) untried: BTreeSet<usize>,
    /// The operator's own code.
    pub(super) sources: Vec<CheckedSource>,
    /// The packages that it can load.
    pub(super) libraries: Vec<CheckedLibraries>,
}

/// Where one file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToldItem {
    /// The number of the file in the request.
    pub(super) file: usize,
    /// The key of its asset.
    pub(super) asset: String,
    /// The number of its manager.
    pub(super) manager: usize,
    /// The key that the manager reads; `None` where that is not known.
    pub(super) key: Option<String>,
}

/// Reads the last line that was printed about these files.
///
/// # Errors
///
/// A [`Fault`]: `Absent` where there is no Dagster, `Unreadable` for what makes no sense, `Unproved` for
/// code that does not load.
pub(super) fn read_answer(printed: &[u8], names: &[&str]) -> Result<PlaceAnswer, Fault> {
    let lines = printed.split(|byte| *byte == b'\n');
    let last = lines.rev().find(|line| !line.is_empty()).unwrap_or_default();
    let answer: PrintedAnswer = serde_json::from_slice(last).map_err(|error| {
        Fault::new(FaultKind::Unreadable, format!("its Python printed something else: {error}"))
    })?;
    if let Some(why) = answer.failed {
        return Err(refuse_answer(&why, answer.absent.as_deref()));
    }
    if let Some(nothing) = answer.nothing {
        return Ok(PlaceAnswer::Nothing(printable(&nothing)));
    }
    let told = answer.answers.into_iter().map(|code| code.read(names));
    told.collect::<Result<_, _>>().map(PlaceAnswer::Told)
}

fn refuse_answer(why: &str, absent: Option<&str>) -> Fault {
    let kind = if absent.is_some() { FaultKind::Absent } else { FaultKind::Unproved };
    Fault::new(kind, printable(why))
}

impl CodeAnswer {
    fn read(self, names: &[&str]) -> Result<ToldCode, Fault> {
        if let Some(why) = self.failed {
            return Err(refuse_answer(&why, self.absent.as_deref()));
        }
        let mut numbers = Numbers { count: names.len(), left: names.len() * TOLD_TIMES };
        let mut items = Vec::new();
        for asset in self.assets {
            if asset.manager >= self.managers.len() {
                return Err(refuse_numbers());
            }
            asset.list_items(names, &mut numbers, &mut items)?;
        }
        let pairs = |told: Vec<(usize, String)>| {
            told.into_iter().map(|(file, text)| (file, printable(&text))).collect()
        };
        let source = |[path, sha256]: [String; 2]| CheckedSource { path, sha256 };
        let loaded: BTreeSet<usize> = numbers.list(&self.loads.right)?.into_iter().collect();
        let is_loaded = |item: &&ToldItem| loaded.contains(&item.file);
        let loaded_managers = items.iter().filter(is_loaded).map(|item| item.manager).collect();
        Ok(ToldCode {
            python: printable(&self.python.unwrap_or_default()),
            dagster: printable(&self.dagster.unwrap_or_default()),
            managers: self.managers.into_iter().map(ToldManager::into_printable).collect(),
            items,
            loaded,
            loaded_managers,
            types: pairs(self.loads.types),
            not_loaded: pairs(self.loads.failed),
            untried: numbers.list(&self.loads.untried)?.into_iter().collect(),
            sources: self.files.into_iter().map(source).collect(),
            libraries: self.libraries.into_iter().map(CheckedLibraries::from).collect(),
        })
    }
}

impl ToldManager {
    fn into_printable(self) -> Self {
        let clean = |text: Option<String>| text.as_deref().map(printable);
        Self {
            class: clean(self.class),
            declared: clean(self.declared),
            kind: printable(&self.kind),
            place: self.place,
            bucket: self.bucket,
            prefix: self.prefix,
            endpoint: self.endpoint,
            failed: clean(self.failed),
        }
    }
}

impl AssetAnswer {
    fn list_items(
        self,
        names: &[&str],
        numbers: &mut Numbers,
        items: &mut Vec<ToldItem>,
    ) -> Result<(), Fault> {
        let asset = printable(&self.key.join("/"));
        let mut add = |file: usize, key: Option<String>| {
            items.push(ToldItem { file, asset: asset.clone(), manager: self.manager, key });
        };
        for (base, spans) in &self.bases {
            for file in numbers.list(spans)? {
                let name = names.get(file).ok_or_else(refuse_numbers)?;
                add(file, Some(format!("{base}{name}")));
            }
        }
        for (file, key) in self.odd {
            numbers.list(&[[file, file.saturating_add(1)]])?;
            add(file, Some(key));
        }
        for file in numbers.list(&self.unknown)? {
            add(file, None);
        }
        Ok(())
    }
}

/// Numbers of files that an answer may still name: nobody fills the memory by a few of its words.
struct Numbers {
    count: usize,
    left: usize,
}

impl Numbers {
    fn list(&mut self, spans: &[FileSpan]) -> Result<Vec<usize>, Fault> {
        let mut found = Vec::new();
        for [begin, end] in spans {
            let length = end.checked_sub(*begin).ok_or_else(refuse_numbers)?;
            self.left = self.left.checked_sub(length).ok_or_else(refuse_numbers)?;
            if *end > self.count {
                return Err(refuse_numbers());
            }
            found.extend(*begin..*end);
        }
        Ok(found)
    }
}

fn refuse_numbers() -> Fault {
    Fault::new(FaultKind::Unreadable, "its Python reports files that it was not asked about")
}
