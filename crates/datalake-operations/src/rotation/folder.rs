//! What is kept of a change of the key pair: its record, and both pairs until it is over.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::rotation::{KeyGeneration, RotationRecord};
use datalake_core::secret::{Credentials, FilledBody, ModalLogin, SecretName};

use crate::open_rotation::{RECORD, read_rotation_record};
use crate::{
    Advice, AdvisedCommand, ErrorKind, HostContext, ID_VARIABLE, OperationError, SECRET_VARIABLE,
    read_key_pair,
};

/// The folder in which generations lie, below datalake's own.
const FOLDER: &str = "rotation";

/// Both pairs of a change, and its record where it was begun.
pub struct RotationPairs {
    /// The pair that goes.
    pub old: Credentials,
    /// The pair that comes.
    pub new: Credentials,
    /// What is kept of it; `None` before it was begun.
    pub record: Option<RotationRecord>,
}

impl RotationPairs {
    /// The same where a person has restarted the services since the last pair was brought, if they have.
    /// It counts only for this run: what is brought by it is to be restarted again.
    #[must_use]
    pub fn note_restart(mut self, are_restarted: bool) -> Self {
        if let Some(record) = self.record.as_mut().filter(|_| are_restarted) {
            record.owes_restart = false;
        }
        self
    }
}

/// What is kept of a change of the key pair.
#[derive(Clone, Copy)]
pub struct RotationFolder<'a>(
    /// Where records lie.
    pub &'a HostContext<'a>,
);

impl RotationFolder<'_> {
    /// The record of the last change; `None` where there was none.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where it cannot be read, or a newer release has written it.
    pub fn read_record(self) -> Result<Option<RotationRecord>, OperationError> {
        read_rotation_record(self.0)
    }

    /// The record of a change that is not over yet.
    ///
    /// # Errors
    ///
    /// As for [`read_record`](Self::read_record).
    pub fn read_open_record(self) -> Result<Option<RotationRecord>, OperationError> {
        Ok(self.read_record()?.filter(RotationRecord::is_open))
    }

    /// The same where there has to be one. Nothing is erased: what a killed process has left may be the only
    /// copy of a new pair.
    ///
    /// # Errors
    ///
    /// [`OperationError`] where no change is open, or the record cannot be read.
    pub fn require_open_record(self) -> Result<RotationRecord, OperationError> {
        if let Some(record) = self.read_open_record()? {
            return Ok(record);
        }
        Err(OperationError::new(ErrorKind::Absent, "no change of the key pair is open here"))
    }

    /// Both pairs of the change that is open, as they are kept; with each goes the token of Modal's that
    /// containers are given.
    ///
    /// # Errors
    ///
    /// As for [`require_open_record`](Self::require_open_record), and where a pair is gone.
    pub fn reopen_pairs(self, modal: Option<ModalLogin>) -> Result<RotationPairs, OperationError> {
        let record = self.require_open_record()?;
        let old = Credentials { modal: modal.clone(), ..self.read_pair(&record.old)? };
        let new = Credentials { modal, ..self.read_pair(&record.new)? };
        Ok(RotationPairs { old, new, record: Some(record) })
    }

    /// Refuses a pair that is given while a change to another one is open: it would not be used.
    ///
    /// # Errors
    ///
    /// [`OperationError`] that names both keys, or where the record cannot be read.
    pub fn refuse_other_pair(self, given: Option<&Credentials>) -> Result<(), OperationError> {
        let (Some(record), Some(given)) = (self.read_open_record()?, given) else { return Ok(()) };
        if record.new.key == given.id {
            return Ok(());
        }
        let message = format!(
            "a change to key `{}` is open, and the given pair is `{}`",
            record.new.key, given.id
        );
        Err(OperationError::new(ErrorKind::Usage, message).advise(Advice::naming(
            "go on without a pair: {}; or go back first: {}",
            [AdvisedCommand::RotateKey, AdvisedCommand::AbortKey],
        )))
    }

    /// The pair of a generation.
    ///
    /// # Errors
    ///
    /// [`OperationError`] without any part of the secret, where it is gone or another one.
    pub fn read_pair(self, generation: &KeyGeneration) -> Result<Credentials, OperationError> {
        let name = name_generation(generation.number);
        let content = self.0.state.read(&name).map_err(|fault| self.0.state_error(fault))?;
        let pair = read_key_pair(FilledBody::new(content).expose(), &name)?;
        if pair.id == generation.key {
            return Ok(pair);
        }
        let message = format!("{name} holds another key than `{}`", generation.key);
        Err(OperationError::new(ErrorKind::Mismatch, message))
    }

    pub(super) fn write_record(self, record: &RotationRecord) -> Result<(), OperationError> {
        let unfit = |error: serde_json::Error| Fault::new(FaultKind::Unreadable, error.to_string());
        let written = serde_json::to_vec_pretty(record)
            .map_err(unfit)
            .and_then(|text| self.0.state.write(RECORD, &text));
        written.map_err(|fault| self.0.state_error(fault))
    }

    /// Keeps a pair in a file that only the folder's owner can read, as lines of an env file.
    pub(super) fn keep_pair(self, number: u32, pair: &Credentials) -> Result<(), OperationError> {
        let line = |variable: &str, name| {
            format!("{variable}={}\n", pair.expose(name).unwrap_or_default())
        };
        let id = line(ID_VARIABLE, SecretName::AccessKeyId);
        let content = id + &line(SECRET_VARIABLE, SecretName::SecretAccessKey);
        let written = self.0.state.write(&name_generation(number), content.as_bytes());
        written.map_err(|fault| self.0.state_error(fault))
    }

    /// Erases all pairs.
    pub(super) fn erase_pairs(self) -> Result<(), OperationError> {
        let at_state = |fault| self.0.state_error(fault);
        for name in self.0.state.names(FOLDER).map_err(at_state)? {
            let name = format!("{FOLDER}/{name}");
            if name != RECORD {
                self.0.state.remove(&name).map_err(at_state)?;
            }
        }
        Ok(())
    }
}

fn name_generation(number: u32) -> String {
    format!("{FOLDER}/generation-{number}.env")
}
