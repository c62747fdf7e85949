//! The built-in S3 service and the pretend Dagster host behind `--sandbox`.

mod pretend;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use datalake_core::s3::{Endpoint, InvalidEndpoint};
use datalake_core::secret::Credentials;
use datalake_core::spec::{HostSpec, Spec, SpecDocument};
use datalake_engine::{AccountFault, Files, find_user};
use datalake_host::Existing;
use datalake_sim::{ConditionalWrites, Config, FaultPlan, Running, SimKey, StartError, start};

use crate::args::Values;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::named_path;

/// The variable that gives the built-in service a fault plan.
const FAULTS: &str = "DATALAKE_TEST_FAULTS";

/// An address is no longer than this.
const LARGEST: u64 = 4 << 10;

/// The sandbox of one command. The service ends with it; its state stays in the folder.
pub(crate) struct Sandbox {
    dir: PathBuf,
    endpoint: String,
    /// `None` where `datalake sandbox` serves the same folder already.
    _service: Option<Running>,
}

/// How the service of a sandbox is to run.
#[derive(Default)]
pub(crate) struct SandboxService {
    /// A port of the operator's choice; 0 for the one it had before, or a free one.
    pub port: u16,
    /// Whether to speak https.
    pub tls: bool,
    /// Faults to make.
    pub faults: FaultPlan,
    /// The keys that it knows at the start; `None` for the sandbox's own.
    pub keys: Option<Vec<SimKey>>,
    /// Whether to leave out Hetzner's quirks.
    pub plain: bool,
    /// What becomes of conditional writes where versions are kept; `None` for the profile's way.
    pub conditional_writes: Option<ConditionalWrites>,
}

impl Sandbox {
    /// Opens the sandbox in `dir`, makes its pretend host at the first use, and starts its service.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the folder or a loopback port cannot be used.
    pub(crate) async fn open(dir: &Path) -> Result<Self, Failure> {
        let dir = prepared(dir)?;
        let usage = |error: &dyn std::error::Error| Failure::of(Exit::Usage, error);
        let faults = match std::env::var(FAULTS) {
            Ok(text) => text.parse().map_err(|error| usage(&error).within(FAULTS))?,
            Err(_) => FaultPlan::default(),
        };
        let (endpoint, service) =
            match start_service(&dir, SandboxService { faults, ..SandboxService::default() }).await
            {
                Ok(running) => (running.endpoint(), Some(running)),
                Err(ServeError::Busy) => (recorded_endpoint(&dir)?, None),
                Err(ServeError::Failed(failure)) => return Err(failure),
            };
        Ok(Self { dir, endpoint, _service: service })
    }

    /// The folder.
    #[must_use]
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// What a sandbox says of the spec where the operator says nothing.
    #[must_use]
    pub(crate) fn document(&self) -> SpecDocument {
        SpecDocument {
            region: Some("fsn1".to_owned()),
            bucket: Some("sandbox-dagster-assets".to_owned()),
            ..SpecDocument::default()
        }
    }

    /// The root of its pretend host.
    #[must_use]
    pub(crate) fn host(&self) -> PathBuf {
        self.dir.join("host")
    }

    /// The host with the pretend host's own user, where it does not have the one that is named.
    #[must_use]
    pub(crate) fn with_own_user(host: HostSpec, files: &dyn Files) -> HostSpec {
        let is_absent =
            matches!(find_user(files, host.user.as_str()), Err(AccountFault::Absent(_)));
        match pretend::USER.parse() {
            Ok(user) if is_absent => HostSpec { user, ..host },
            Ok(_) | Err(_) => host,
        }
    }

    /// The spec with the sandbox's own service in it, whatever the operator's files name.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the recorded address is none.
    pub(crate) fn at_home(&self, spec: Spec) -> Result<Spec, Failure> {
        Ok(Spec { endpoint: self.own_endpoint()?, ..spec })
    }

    /// The address of the sandbox's service.
    ///
    /// # Errors
    ///
    /// [`Failure`] where the recorded address is none.
    pub(crate) fn own_endpoint(&self) -> Result<Endpoint, Failure> {
        self.endpoint.parse().map_err(|error: InvalidEndpoint| Failure::of(Exit::Bug, &error))
    }

    /// The sandbox's key pair; it opens nothing else.
    ///
    /// # Errors
    ///
    /// Never, as long as the pair has the form of one.
    pub(crate) fn keys(&self) -> Result<Credentials, Failure> {
        let key = SimKey::sandbox();
        let bug = |error| Failure::of(Exit::Bug, &error);
        Ok(Credentials::pair(
            key.access_key_id.parse().map_err(bug)?,
            key.secret_access_key.parse().map_err(bug)?,
        ))
    }
}

/// A sandbox has its own service and its own key pair: flags that name others would be of no effect.
///
/// # Errors
///
/// [`Failure`] naming the first of them.
pub(crate) fn require_nothing_of_others(values: &Values) -> Result<(), Failure> {
    let flags = [
        ("--endpoint", values.endpoint.is_some()),
        ("--credentials-file", values.credentials_file.is_some()),
        ("--credentials-fd", values.credentials_fd.is_some()),
    ];
    let Some((flag, _)) = flags.into_iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    Err(Failure::new(Exit::Usage, format!("{flag} does not go with --sandbox"))
        .hint("a sandbox has a service and a key pair of its own: leave out one of the two"))
}

/// Why a sandbox's service did not start.
pub(crate) enum ServeError {
    /// Another process serves the folder.
    Busy,
    /// It cannot.
    Failed(Failure),
}

/// Starts the service of the sandbox in `dir`, on the port it had before where that is free: the
/// env file of the pretend host names it.
///
/// # Errors
///
/// [`ServeError`].
pub(crate) async fn start_service(
    dir: &Path,
    service: SandboxService,
) -> Result<Running, ServeError> {
    let recorded = recorded_address(dir).map_or(0, |address| address.port());
    let wanted = if service.port == 0 { recorded } else { service.port };
    let ports = if service.port == 0 && wanted != 0 { vec![wanted, 0] } else { vec![wanted] };
    let mut last = Failure::new(Exit::Unavailable, "no port to listen on");
    for port in ports {
        let data = dir.join("s3");
        let mut profile = if service.plain { Config::plain(data) } else { Config::hetzner(data) };
        if let Some(keys) = &service.keys {
            profile.keys.clone_from(keys);
        }
        if let Some(way) = service.conditional_writes {
            profile.quirks = profile.quirks.with_conditional_writes(way);
        }
        let config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            faults: service.faults.clone(),
            tls: service.tls,
            ..profile
        };
        match start(config).await {
            Ok(running) => return record(dir, running).map_err(ServeError::Failed),
            Err(StartError::InUse { .. }) => return Err(ServeError::Busy),
            Err(error) => {
                last = Failure::of(Exit::Unavailable, &error).within("the built-in S3 service");
            }
        }
    }
    Err(ServeError::Failed(last))
}

/// Makes the folder and its pretend host.
///
/// # Errors
///
/// [`Failure`] where the file system refuses.
pub(crate) fn prepared(dir: &Path) -> Result<PathBuf, Failure> {
    named_path::make_folder(dir)?;
    let dir = named_path::find_whole(dir)?;
    pretend::make_host(&dir).map_err(|error| Failure::io(&dir, &error))?;
    Ok(dir)
}

fn record(dir: &Path, running: Running) -> Result<Running, Failure> {
    let file = dir.join("endpoint");
    named_path::write_file(&file, running.endpoint().as_bytes(), Existing::IsReplaced)?;
    Ok(running)
}

fn recorded_endpoint(dir: &Path) -> Result<String, Failure> {
    let file = dir.join("endpoint");
    let text = named_path::read_text(&file, LARGEST)?;
    if text.starts_with("https:") {
        return Err(Failure::new(Exit::Unavailable, "`datalake sandbox --tls` serves this folder")
            .hint("stop it, or start it without --tls"));
    }
    Ok(text)
}

fn recorded_address(dir: &Path) -> Option<SocketAddr> {
    let text = named_path::read_text(&dir.join("endpoint"), LARGEST).ok()?;
    text.split("//").nth(1)?.parse().ok()
}
