//! Since when the pair that containers are given is in use.

use std::cell::RefCell;
use std::fmt;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::HostPath;
use datalake_core::plan::Guard;
use datalake_core::receipt::History;
use datalake_core::rotation::{LONGEST_KEY_AGE, count_key_days};
use datalake_core::secret::{
    AccessKeyId, FilledBody, Fingerprint, FingerprintKey, PodmanSecret, SecretName,
};
use datalake_core::spec::HostSpec;
use datalake_core::text::count_things;
use datalake_core::time::Timestamp;
use datalake_desired::{HostPaths, is_env_file, podman_secret};
use datalake_engine::{AccountFault, SeenEntry, find_user};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{HostContext, OperationError, look_at_host, read_key_pair};

/// The pair that containers are given, as far as host and records tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// Its id; `None` where podman keeps the pair, which shows it to nobody but itself.
    pub key: Option<AccessKeyId>,
    /// When a run first stored it; `None` where no run has.
    pub since: Option<Timestamp>,
}

/// How old the pair is that containers are given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeyAgeReport {
    /// The access key id; `null` where podman keeps the pair, or none is stored.
    pub key: Option<AccessKeyId>,
    /// When a run first stored it; `null` where no run has.
    pub first_stored: Option<Timestamp>,
    /// Whole days since then.
    pub days: Option<u64>,
    /// The days after which it is to be changed.
    pub limit_days: u64,
    /// Whether it is older than that.
    pub is_old: bool,
}

/// Finds the pair that containers of this host are given, and since when; `None` where there is none.
///
/// # Errors
///
/// [`OperationError`] where the env file or a record cannot be read.
pub fn find_stored_key(
    context: &HostContext<'_>,
    places: &HostPaths,
) -> Result<Option<StoredKey>, OperationError> {
    let history = context.history()?;
    let present = match context.files.look(&places.env_file) {
        Ok(SeenEntry::File { content, .. }) => content,
        Ok(SeenEntry::Folder(_)) => return Ok(find_podman_key(&history)),
        Err(fault) if fault.kind == FaultKind::Absent => return Ok(find_podman_key(&history)),
        Err(fault) => return Err(OperationError::of_file(&fault).at_place(name_file(places))),
    };
    let key = read_key_pair(present.expose(), &name_file(places))?.id;
    let search = CopySearch { context, fingerprints: context.fingerprint_key()?, present };
    let unread = RefCell::new(None);
    let holds = |guard: &Guard| {
        let Guard::FileIs(path, file) = guard else { return false };
        let answer = is_env_file(path).then(|| search.has_key(file.content, &key));
        answer.unwrap_or(Ok(false)).unwrap_or_else(|fault| {
            unread.borrow_mut().get_or_insert(fault);
            false
        })
    };
    let since = history.find_first(holds);
    // An older copy that cannot be read may have held the key already.
    if let Some(fault) = unread.into_inner() {
        return Err(context.state_error(fault));
    }
    Ok(Some(StoredKey { since, key: Some(key) }))
}

/// The env files of earlier runs, of which copies are kept.
struct CopySearch<'a> {
    context: &'a HostContext<'a>,
    fingerprints: FingerprintKey,
    present: FilledBody,
}

impl CopySearch<'_> {
    /// Whether the env file with this fingerprint held the key; a copy that is gone or was
    /// changed shows nothing.
    fn has_key(&self, print: Fingerprint, key: &AccessKeyId) -> Result<bool, Fault> {
        if self.fingerprints.of(self.present.expose()) == print {
            return Ok(true);
        }
        match self.context.records().copy(print, &self.fingerprints) {
            Ok(copy) => Ok(find_key_id(&copy).as_ref() == Some(key)),
            Err(fault) if fault.kind == FaultKind::Disturbed => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

/// Podman keeps the pair: what runs have stored is known by its fingerprint.
fn find_podman_key(history: &History) -> Option<StoredKey> {
    let name: PodmanSecret = podman_secret(SecretName::SecretAccessKey);
    let print = history.last_secret(&name)?;
    let since = history.find_first(|guard| *guard == Guard::SecretIs(name.clone(), print));
    Some(StoredKey { key: None, since })
}

fn find_key_id(content: &FilledBody) -> Option<AccessKeyId> {
    read_key_pair(content.expose(), "").ok().map(|pair| pair.id)
}

fn name_file(places: &HostPaths) -> String {
    let path: &HostPath = &places.env_file;
    format!("`{path}`")
}

impl KeyAgeReport {
    /// How old the pair is that containers of this host are given; `None` on a machine without the
    /// service user, which is not the host.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where host, env file or a record cannot be read.
    pub fn find_on_host(
        context: &HostContext<'_>,
        host: &HostSpec,
    ) -> Result<Option<Self>, OperationError> {
        if let Err(AccountFault::Absent(_)) = find_user(context.files, host.user.as_str()) {
            return Ok(None);
        }
        let (_, places) = look_at_host(context, host)?;
        let stored = find_stored_key(context, &places)?;
        Ok(Some(Self::of_stored(stored.as_ref(), context.clock.now())))
    }

    /// How old a stored key is by now.
    #[must_use]
    pub fn of_stored(stored: Option<&StoredKey>, now: Timestamp) -> Self {
        let since = stored.and_then(|stored| stored.since);
        let days = since.map(|since| count_key_days(since, now));
        Self {
            key: stored.and_then(|stored| stored.key.clone()),
            first_stored: since,
            days,
            limit_days: LONGEST_KEY_AGE,
            is_old: days.is_some_and(|days| days > LONGEST_KEY_AGE),
        }
    }
}

impl fmt::Display for KeyAgeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default();
        let (Some(days), Some(since)) = (self.days, self.first_stored) else {
            return writeln!(
                f,
                "{key}datalake has not stored a key pair here, so its age is unknown."
            );
        };
        let days = count_things(days, "day");
        writeln!(f, "{key}in use for {days}, since {}.", since.date())?;
        if self.is_old {
            let limit = count_things(self.limit_days, "day");
            writeln!(f, "It is older than {limit}: make a new pair in the Console and change it.")?;
        }
        Ok(())
    }
}

/// The same for an examination.
pub(crate) fn examine_key_age(
    context: &HostContext<'_>,
    places: &HostPaths,
) -> Result<Option<Timestamp>, Fault> {
    let stored = find_stored_key(context, places)
        .map_err(|error| Fault::new(FaultKind::Unreadable, error.to_string()))?;
    Ok(stored.and_then(|stored| stored.since))
}
