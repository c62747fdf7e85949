//! Dagster asked in one place.

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::secret::FilledBody;
use datalake_core::text::printable;

use super::answer::{PlaceAnswer, read_answer};
use super::places::SwitchPlace;
use super::request::{AskedFile, LoadExtent, PROGRAM, SwitchRequest};
use crate::lake_clients::find_python;

/// Who is told what a check of the switch does.
#[async_trait]
pub trait SwitchReporter: Send + Sync {
    /// Dagster is asked in this place now, which may take minutes.
    fn begin(&self, place: &str);
}

impl SwitchPlace {
    /// Asks where these files are read, and has some or all of them loaded.
    ///
    /// # Errors
    ///
    /// A [`Fault`]; `Absent` where there is no Python or no Dagster.
    pub(super) async fn ask(
        &self,
        files: &[AskedFile],
        load: LoadExtent,
    ) -> Result<PlaceAnswer, Fault> {
        let programs = self.place.programs.as_ref();
        let python = match &self.place.python {
            Some(python) => python.clone(),
            None => find_python(programs).await?,
        };
        let request = SwitchRequest::new(self.target.as_ref(), files, load);
        let words = [python.as_str(), "-I", "-c", PROGRAM].map(str::to_owned);
        let json = serde_json::to_vec(&request);
        let json = json.map_err(|error| Fault::new(FaultKind::Refused, error.to_string()))?;
        let ran = programs.run(&words, &FilledBody::new(json), request.time_limit()).await?;
        let names: Vec<_> = files.iter().map(|file| file.0.as_str()).collect();
        read_answer(ran.stdout.expose(), &names).map_err(|fault| {
            if fault.kind != FaultKind::Unreadable {
                return fault;
            }
            let said = String::from_utf8_lossy(ran.stderr.expose()).into_owned();
            let last = said.lines().next_back().unwrap_or_default();
            Fault::new(fault.kind, format!("{}: {}", fault.detail, printable(last)))
        })
    }
}
