//! How datalake's own folder is laid out: journals, receipts, copies, the fingerprint key.

mod sealed;

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::FileState;
use datalake_core::plan::{Action, Conflict, Observed, Plan, Standing, Step};
use datalake_core::receipt::{History, Receipt};
use datalake_core::secret::{FilledBody, Fingerprint, FingerprintKey};
use datalake_core::time::RunId;

use self::sealed::{require_unchanged, seal_receipt};
use crate::journal::{Begin, Journal, JournalRecord, decode_journal, encode_record};
use crate::ports::{Clock, StateFolder};

/// The files of a state folder by their meaning.
#[derive(Clone, Copy)]
pub struct Records<'a>(pub &'a dyn StateFolder);

impl Records<'_> {
    /// All receipts.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where one cannot be read; a receipt is never skipped.
    pub fn history(self) -> Result<History, Fault> {
        let names = self.0.names("receipts")?;
        let ids = names.iter().filter_map(|name| name.strip_suffix(".json"));
        let receipts = ids.map(|id| self.receipt(&run_id(id)?));
        Ok(History::new(receipts.collect::<Result<Vec<_>, _>>()?))
    }

    /// The receipt of a run.
    ///
    /// # Errors
    ///
    /// A [`Fault`]; `Absent` where the run has none.
    pub fn receipt(self, run: &RunId) -> Result<Receipt, Fault> {
        let name = receipt_name(run);
        let named = |fault: Fault| Fault { detail: format!("{name}: {}", fault.detail), ..fault };
        read_receipt(&self.0.read(&name)?).map_err(named)
    }

    /// Keeps a receipt for good.
    pub(crate) fn save(self, receipt: &Receipt) -> Result<(), Fault> {
        self.0.write(&receipt_name(&receipt.run), &seal_receipt(receipt)?)
    }

    /// The runs whose journal is still there: they did not come to their end.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the folder cannot be read.
    pub fn open_runs(self) -> Result<Vec<RunId>, Fault> {
        let names = self.0.names("runs")?;
        names.iter().filter_map(|name| name.strip_suffix(".journal")).map(run_id).collect()
    }

    pub(crate) fn journal(self, run: &RunId) -> Result<Journal, Fault> {
        let name = journal_name(run);
        decode_journal(&self.0.read(&name)?).map_err(|err| unreadable(format!("{name}: {err}")))
    }

    pub(crate) fn begin(self, begin: Begin) -> Result<(), Fault> {
        let name = journal_name(&begin.run);
        self.0.write(&name, &encode_record(&JournalRecord::Begin(Box::new(begin))))
    }

    pub(crate) fn record(self, run: &RunId, record: &JournalRecord) -> Result<(), Fault> {
        self.0.append(&journal_name(run), &encode_record(record))
    }

    pub(crate) fn end(self, run: &RunId) -> Result<(), Fault> {
        self.0.remove(&journal_name(run))
    }

    pub(crate) fn keep_copy(self, content: &FilledBody, print: Fingerprint) -> Result<(), Fault> {
        self.0.write(&copy_name(print), content.expose())
    }

    /// The name, in the state folder, of the copy of what has this fingerprint.
    #[must_use]
    pub fn name_copy(print: Fingerprint) -> String {
        copy_name(print)
    }

    /// What was kept under this fingerprint.
    ///
    /// # Errors
    ///
    /// A [`Fault`] of kind `Disturbed` where it is gone or changed.
    pub fn copy(self, print: Fingerprint, key: &FingerprintKey) -> Result<FilledBody, Fault> {
        let name = copy_name(print);
        let lost = |how| Fault::new(FaultKind::Disturbed, format!("the kept copy {name} {how}"));
        let content = match self.0.read(&name) {
            Err(fault) if fault.kind == FaultKind::Absent => return Err(lost("is gone")),
            answer => FilledBody::new(answer?),
        };
        if key.of(content.expose()) == print { Ok(content) } else { Err(lost("is not as it was")) }
    }

    /// The steps of `plan` that could not put back what they should, found before the first one.
    ///
    /// What is as before already needs no copy, and a killed run may have kept none.
    #[must_use]
    pub fn conflicts(
        self,
        plan: &Plan,
        observed: &Observed,
        key: &FingerprintKey,
    ) -> Vec<Conflict> {
        let conflict = |step: &Step| match &step.action {
            Action::RestoreFile { file: FileState { content: print, .. }, .. }
            | Action::RestoreSecret { print, .. }
            | Action::RestoreVault { copy: print, .. } => {
                if step.standing(observed) != Standing::Ready {
                    return None;
                }
                let fault = self.copy(*print, key).err()?;
                Some(Conflict { step: step.clone(), fault })
            }
            Action::CreateBucket(_)
            | Action::ProveAccess(..)
            | Action::SetVersioning(..)
            | Action::SetLifecycle(..)
            | Action::SetPolicy(..)
            | Action::SetPublicAccess(..)
            | Action::CreateFolder { .. }
            | Action::RemoveFolder(_)
            | Action::WriteFile { .. }
            | Action::RemoveFile(_)
            | Action::StoreSecret { .. }
            | Action::RemoveSecret(_)
            | Action::SettleServices(_)
            | Action::SettleTimers(_)
            | Action::ProveContainers { .. }
            | Action::StoreVault { .. }
            | Action::RemoveVault(_)
            | Action::ClearVault(..)
            | Action::RollOver(_) => None,
        };
        plan.steps.iter().filter_map(conflict).collect()
    }

    /// The key of this host's fingerprints; a new one, not kept yet, at the first use.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it is there and cannot be read.
    pub fn fingerprint_key(self, clock: &dyn Clock) -> Result<FingerprintKey, Fault> {
        match self.stored_key() {
            Err(fault) if fault.kind == FaultKind::Absent => Ok(random_key(clock)),
            answer => answer,
        }
    }

    /// Whether fingerprints of this call can be compared with those of the next: only a run keeps
    /// the key.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it is there and cannot be read.
    pub fn has_fingerprint_key(self) -> Result<bool, Fault> {
        match self.stored_key() {
            Err(fault) if fault.kind == FaultKind::Absent => Ok(false),
            answer => answer.map(|_| true),
        }
    }

    /// Keeps the key of this host's fingerprints, before the first run that records some.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where it cannot be written, or of kind `Disturbed` where another run has kept
    /// its own meanwhile: what this one has planned could not be recognised later.
    pub fn keep_fingerprint_key(self, key: &FingerprintKey) -> Result<(), Fault> {
        match self.stored_key() {
            Err(fault) if fault.kind == FaultKind::Absent => self.0.write(KEY, key.expose()),
            Ok(kept) if kept.expose() != key.expose() => {
                Err(Fault::new(FaultKind::Disturbed, "another run was here first: run it again"))
            }
            answer => answer.map(drop),
        }
    }

    fn stored_key(self) -> Result<FingerprintKey, Fault> {
        let bytes: [u8; 32] =
            self.0.read(KEY)?.try_into().map_err(|_| unreadable(format!("{KEY}: not 32 bytes")))?;
        Ok(FingerprintKey::new(bytes))
    }
}

/// Reads a receipt from its JSON form, of this release or an older one.
///
/// # Errors
///
/// A [`Fault`] of kind `Unreadable`, also for a form that a newer release has written; of kind
/// `Disturbed` for a receipt that was edited since.
pub fn read_receipt(json: &[u8]) -> Result<Receipt, Fault> {
    let no_receipt = |err: serde_json::Error| unreadable(format!("no receipt: {err}"));
    let ReceiptForm { schema_version } = serde_json::from_slice(json).map_err(no_receipt)?;
    if schema_version == Receipt::SCHEMA_VERSION {
        let receipt = serde_json::from_slice(json).map_err(no_receipt)?;
        require_unchanged(&serde_json::from_slice(json).map_err(no_receipt)?)?;
        return Ok(receipt);
    }
    let known = Receipt::SCHEMA_VERSION;
    Err(unreadable(format!(
        "the receipt has form {schema_version}; this release reads form {known}"
    )))
}

/// The part of a receipt that every form of it has.
#[derive(serde::Deserialize)]
struct ReceiptForm {
    schema_version: u32,
}

const KEY: &str = "fingerprint.key";

fn random_key(clock: &dyn Clock) -> FingerprintKey {
    let mut bytes = [0; 32];
    for word in bytes.chunks_exact_mut(8) {
        word.copy_from_slice(&clock.random().to_le_bytes());
    }
    FingerprintKey::new(bytes)
}

fn run_id(text: &str) -> Result<RunId, Fault> {
    text.parse().map_err(|err: datalake_core::time::InvalidRunId| unreadable(err.to_string()))
}

fn receipt_name(run: &RunId) -> String {
    format!("receipts/{run}.json")
}

fn journal_name(run: &RunId) -> String {
    format!("runs/{run}.journal")
}

fn copy_name(print: Fingerprint) -> String {
    format!("copies/{print}")
}

fn unreadable(detail: String) -> Fault {
    Fault::new(FaultKind::Unreadable, detail)
}
