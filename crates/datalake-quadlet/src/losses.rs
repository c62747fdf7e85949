//! What a plan takes away, and what is there after it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use datalake_core::host::HostPath;
use datalake_core::plan::{Action, Plan};
use datalake_core::secret::{FileBody, Piece};

use crate::environment_d::set_names;
use crate::user_unit::{EnvFileText, UnitSort, UserUnits};
use crate::{KeptEnvFiles, Losses, UnitFile};

/// The user's units after a plan.
pub(crate) struct Aftermath {
    /// Files that go.
    pub(crate) removed: Losses,
    /// The same, with files and variables that only lose something.
    pub(crate) losses: Losses,
    /// Env files that are there afterwards, with what they set.
    pub(crate) kept: KeptEnvFiles,
    /// Files that the plan writes, as text; none for those that go or come back from a copy.
    changed: BTreeMap<HostPath, Option<String>>,
}

impl Aftermath {
    /// What comes of `plan`.
    pub(crate) fn of(plan: &Plan, host: &UserUnits<'_>) -> Self {
        let mut after = Self {
            removed: Losses::default(),
            losses: Losses::default(),
            kept: kept_now(host),
            changed: BTreeMap::new(),
        };
        for step in &plan.steps {
            after.take_up(&step.action, host);
        }
        after.losses.files.extend(after.removed.files.clone());
        after.losses.secrets.clone_from(&after.removed.secrets);
        after
    }

    /// A file after the plan; none where it goes, or where it comes back as it was.
    pub(crate) fn file<'a>(&self, path: &HostPath, now: &'a UnitFile) -> Option<Cow<'a, UnitFile>> {
        match self.changed.get(path) {
            None => Some(Cow::Borrowed(now)),
            Some(text) => text.as_deref().map(|text| Cow::Owned(UnitFile::parse(text))),
        }
    }

    /// The text that the plan gives to a file that it writes.
    pub(crate) fn written(&self) -> impl Iterator<Item = (&HostPath, &str)> {
        self.changed.iter().filter_map(|(path, text)| Some((path, text.as_deref()?)))
    }

    fn take_up(&mut self, action: &Action, host: &UserUnits<'_>) {
        match action {
            Action::WriteFile { path, body, .. } => self.write(path, body, host),
            Action::RemoveFile(path) => {
                self.removed.files.insert(path.clone());
                self.kept.remove(path);
                self.changed.insert(path.clone(), None);
                self.lose(path, &BTreeSet::new(), host);
            }
            Action::RestoreFile { path, .. } => {
                self.changed.insert(path.clone(), None);
            }
            Action::RemoveSecret(name) => {
                self.removed.secrets.insert(name.to_string());
            }
            // Nothing of a unit or an env file.
            Action::CreateFolder { .. }
            | Action::RemoveFolder(_)
            | Action::CreateBucket(_)
            | Action::ProveAccess(..)
            | Action::SetVersioning(..)
            | Action::SetLifecycle(..)
            | Action::SetPolicy(..)
            | Action::SetPublicAccess(..)
            | Action::StoreSecret { .. }
            | Action::ClearVault(..)
            | Action::RestoreSecret { .. }
            | Action::SettleServices(_)
            | Action::SettleTimers(_)
            | Action::ProveContainers { .. }
            | Action::StoreVault { .. }
            | Action::RestoreVault { .. }
            | Action::RemoveVault(_)
            | Action::RollOver(_) => (),
        }
    }

    fn write(&mut self, path: &HostPath, body: &FileBody, host: &UserUnits<'_>) {
        let now = text_now(path, host).unwrap_or_default();
        let text = render_body(body, now);
        let names = set_names(&text);
        let before = self.kept.insert(path.clone(), names.clone());
        let loses = before.unwrap_or_else(|| set_names(now)).difference(&names).next().is_some();
        if loses && host.env_files.contains_key(path) {
            self.losses.files.insert(path.clone());
        }
        self.lose(path, &names, host);
        self.changed.insert(path.clone(), Some(text));
    }

    /// What leaves a file of `environment.d` of which only `left` stays.
    fn lose(&mut self, path: &HostPath, left: &BTreeSet<String>, host: &UserUnits<'_>) {
        let mut files = host.files.iter();
        let file = files.find(|file| file.path == *path && file.sort == UnitSort::EnvironmentD);
        let Some(file) = file else { return };
        for name in set_names(file.file.text()).difference(left) {
            self.losses.variables.insert(name.clone(), path.clone());
            self.losses.files.insert(path.clone());
        }
    }
}

fn kept_now(host: &UserUnits<'_>) -> KeptEnvFiles {
    let texts = host.env_files.iter().filter_map(|(path, file)| match file {
        EnvFileText::Text(text) => Some((path.clone(), set_names(text))),
        EnvFileText::Missing | EnvFileText::NotLookedAt | EnvFileText::Unknown => None,
    });
    texts.collect()
}

fn text_now<'a>(path: &HostPath, host: &'a UserUnits<'_>) -> Option<&'a str> {
    let unit = host.files.iter().find(|file| file.path == *path);
    unit.map(|file| file.file.text()).or_else(|| match host.env_files.get(path)? {
        EnvFileText::Text(text) => Some(text.as_str()),
        EnvFileText::Missing | EnvFileText::NotLookedAt | EnvFileText::Unknown => None,
    })
}

/// The body as text, with a letter for each secret.
fn render_body(body: &FileBody, now: &str) -> String {
    let pieces = body.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => text.as_str(),
        Piece::Secret(_) => "x",
        Piece::Kept(range) => now.get(range.clone()).unwrap_or_default(),
    });
    pieces.collect()
}
