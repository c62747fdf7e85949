//! What a diagnosis is given of this place, and what a terminal shows meanwhile.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use datalake_core::doctor::{Examination, Group, SpecTrouble};
use datalake_core::fault::WayFault;
use datalake_core::host::HostPath;
use datalake_core::secret::Credentials;
use datalake_core::spec::{CredentialSource, Spec};
use datalake_engine::{ModalAccount, NoCheckpoints};
use datalake_host::HostFiles;
use datalake_operations::doctor::{
    Caller, CodeFolder, ExaminationInput, ExaminationReporter, ExaminedPart, KeySource,
    ModalQuestion, NoKeyPair, ReadSpec, examine_groups, examine_modal,
};
use datalake_operations::{Advice, HostContext, OperationError};
use datalake_s3::{PlainNetwork, S3Services};
use tokio::task::JoinHandle;

use crate::advice::words_of;
use crate::failure::Failure;
use crate::modal::ModalPlace;
use crate::render::{Printer, Ticker};
use crate::secrets::{NoPair, in_their_places};
use crate::silence::SILENCE;
use crate::site::Site;

/// Looks at what these groups need, all of them without one.
pub(crate) async fn examine_site(
    site: &Site,
    only: Option<Group>,
    code: &[PathBuf],
) -> Examination {
    let opened: Vec<_> = code.iter().map(|folder| open_code(folder)).collect();
    let needs_modal = only.is_none_or(|only| [Group::Host, Group::Modal].contains(&only));
    let place = DoctorPlace::of(site, needs_modal).await;
    let client = place.modal.as_ref().map(ModalPlace::client);
    let client = client.as_ref().map(|client| client as &dyn ModalAccount);
    let input = ExaminationInput { code: &opened, ..place.input(client) };
    examine_groups(&input, only).await
}

/// Looks at Modal alone, whether the spec asks for anything of it or not.
pub(crate) async fn examine_modal_alone(site: &Site, seen: &mut Examination) {
    let place = DoctorPlace::of(site, true).await;
    let client = place.modal.as_ref().map(ModalPlace::client);
    let client = client.as_ref().map(|client| client as &dyn ModalAccount);
    examine_modal(&place.input(client), ModalQuestion::Always, &mut seen.modal).await;
}

/// What a diagnosis is given of a place.
struct DoctorPlace<'a> {
    site: &'a Site,
    context: HostContext<'a>,
    spec: ReadSpec<'a>,
    caller: Caller,
    modal: Option<ModalPlace>,
    waits: Waits,
}

impl<'a> DoctorPlace<'a> {
    async fn of(site: &'a Site, needs_modal: bool) -> Self {
        let document = site.settings.document();
        let host = site.host_spec();
        let modal = document.modal.clone().check();
        let modal = match (&host, modal) {
            (Ok(host), Ok(modal)) if needs_modal => {
                Some(ModalPlace::of(site, host, modal.as_ref()).await)
            }
            _ => None,
        };
        let words = |failure: Failure| failure.messages.join(": ");
        let spec = ReadSpec {
            document,
            whole: site.spec().ok(),
            store: site.store_spec().map_err(words),
            endpoint: site.endpoint(),
            host: host.map_err(words),
            troubles: list_troubles(site),
        };
        let home = std::env::var("HOME").ok().and_then(|home| home.parse::<HostPath>().ok());
        let caller = Caller { home, sudo_user: std::env::var("SUDO_USER").ok() };
        let waits = Waits { printer: site.printer, told: Mutex::default() };
        Self { site, context: site.context(), spec, caller, modal, waits }
    }

    fn input<'b>(&'b self, modal: Option<&'b dyn ModalAccount>) -> ExaminationInput<'b> {
        ExaminationInput {
            context: &self.context,
            spec: &self.spec,
            caller: &self.caller,
            code: &[],
            keys: self.site,
            services: &S3Services,
            network: &PlainNetwork,
            modal,
            reporter: &self.waits,
        }
    }
}

/// Values of the spec that are missing or wrong.
fn list_troubles(site: &Site) -> Vec<SpecTrouble> {
    let parts = [site.spec().err(), site.settings.cost().err()].into_iter();
    let trouble = |Failure { messages, hints, .. }: Failure| SpecTrouble {
        what: messages.join(": "),
        cure: hints.join("; "),
    };
    parts.flatten().map(trouble).collect()
}

fn open_code(folder: &Path) -> CodeFolder {
    let files = HostFiles::open_named(folder, Arc::new(NoCheckpoints));
    let files = files.map(|files| Box::new(files) as _).map_err(WayFault::into_fault);
    CodeFolder { name: folder.to_owned(), files }
}

#[async_trait]
impl KeySource for Site {
    async fn read_pair(&self, source: &CredentialSource) -> Result<Credentials, NoKeyPair> {
        self.pair_from(source).await.map_err(|reason| match reason {
            NoPair::Flaw(failure) => NoKeyPair::Flaw(failure.into()),
            NoPair::Unread(failure) => NoKeyPair::Unread(failure.into()),
            NoPair::None => NoKeyPair::None,
        })
    }

    async fn read_sound_pair(
        &self,
        source: &CredentialSource,
    ) -> Result<Credentials, OperationError> {
        let pair = self.pair_from(source).await.map_err(Failure::from)?;
        Ok(in_their_places(pair)?)
    }

    async fn read_keys(&self, spec: &Spec) -> Result<Credentials, OperationError> {
        Ok(self.keys(spec).await?)
    }
}

/// Tells once of each part that takes long what is waited for.
struct Waits {
    printer: Printer,
    told: Mutex<Option<JoinHandle<()>>>,
}

impl ExaminationReporter for Waits {
    fn begin(&self, part: ExaminedPart) {
        let what = match part {
            ExaminedPart::Host => "systemd, podman and the files of this host",
            ExaminedPart::Service => "an answer from the service or one of its locations",
            ExaminedPart::Changes => {
                "an answer from the service, for what a provision would change"
            }
            ExaminedPart::Clients => "the S3 clients in the containers, which takes minutes",
        };
        let printer = self.printer;
        let told = tokio::spawn(async move {
            tokio::time::sleep(SILENCE).await;
            // The line that shows progress on a terminal gives way.
            Ticker::new(printer).tell(String::new);
            printer.talk(&format!("waiting for {what}"));
        });
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = Some(told);
    }

    fn end(&self, _: ExaminedPart) {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(told) = told {
            told.abort();
        }
    }

    fn word(&self, advice: &Advice) -> String {
        words_of(advice)
    }
}
