//! Where a command works: root, state folder, spec, and the ports to them.

mod claims;
mod folders;
mod gate;
mod keys;

use datalake_desired::{HostPaths, list_usual_variables, list_variables};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::host::{Owner, UserAccount};
use datalake_core::s3::{Endpoint, Region};
use datalake_core::secret::{Credentials, FingerprintKey};
use datalake_core::spec::{HostSpec, Spec, StoreSpec};
use datalake_core::text::printable;
use datalake_engine::{Checkpoints, Dagster, Machine, ObjectStore, Ports, Records};
use datalake_host::{HostFiles, StateDir, SystemClock, ThisMachine};
use datalake_operations::{HostContext, find_host_units, look_at_host};
use datalake_s3::S3Store;

use self::folders::{at_folder, at_state, choose_state_path, spec_files};
pub(crate) use self::folders::{name_modal, own_name};
pub(crate) use self::keys::load_modal_token;
use crate::args::Cli;
use crate::args::modal::named_environment;
use crate::config::{Settings, Sources};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::kill;
use crate::named_path;
use crate::render::Printer;
#[cfg(feature = "sandbox")]
use crate::sandbox::{Sandbox, require_nothing_of_others};
use crate::silence::tell_silence;

/// Calls of one run that may be repeated, all together.
pub(crate) const RETRY_BUDGET: u32 = 60;

/// Where a command works.
pub(crate) struct Site {
    /// The folder that stands for the host's root.
    pub root: PathBuf,
    /// datalake's own folder.
    pub state_path: PathBuf,
    /// The files of the spec, the weakest first, and the one that was named.
    pub files: Vec<PathBuf>,
    state_name: String,
    root_name: String,
    /// The spec's layers.
    pub settings: Settings,
    /// The host's files.
    pub host: HostFiles,
    /// datalake's own folder.
    pub state: StateDir,
    /// Time and randomness.
    pub clock: SystemClock,
    /// How the next command names this very place.
    pub(crate) name: String,
    /// The same for a command about Modal, in the environment that was named.
    pub(crate) modal_name: String,
    /// Shows results and talk.
    pub(crate) printer: Printer,
    checkpoints: Arc<dyn Checkpoints>,
    may_ask: bool,
    /// The names of the variables that containers are given.
    variables: Vec<String>,
    /// The key pair, once it was read: a descriptor gives it once, and nobody is asked twice.
    pair: OnceLock<Credentials>,
    #[cfg(feature = "sandbox")]
    sandbox: Option<Sandbox>,
}

impl Site {
    /// Opens the place that the command line names; starts its S3 service for a sandbox.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a spec or folder that cannot be used.
    pub(crate) async fn open(cli: &Cli, printer: Printer) -> Result<Self, Failure> {
        #[cfg(feature = "sandbox")]
        let sandbox = open_sandbox(cli).await?;
        #[cfg(feature = "sandbox")]
        let (document, dir) = match &sandbox {
            Some(sandbox) => (Some(sandbox.document()), Some(sandbox.dir())),
            None => (None, None),
        };
        #[cfg(not(feature = "sandbox"))]
        let (document, dir): (_, Option<&Path>) = (None, None);

        let root = cli.place.root.clone().or_else(|| dir.map(|dir| dir.join("host")));
        let state_path = choose_state_path(cli, dir, root.as_deref())?;
        let root = root.unwrap_or_else(|| PathBuf::from("/"));
        let (files, named) = spec_files(cli, &root);
        let sources = Sources {
            sandbox: document,
            files: files.clone(),
            named: named.as_deref(),
            values: &cli.values,
            modal_environment: named_environment(&cli.command),
        };
        let settings = Settings::load(&sources)?;
        let checkpoints = kill::checkpoints(dir.is_some())?;
        let host = HostFiles::open(&root, Arc::clone(&checkpoints)).map_err(at_folder(&root))?;
        let settings = gate::guarded(settings, &sources, &host, &cli.command)?;
        let spec = settings.spec();
        #[cfg(feature = "sandbox")]
        let spec = match &sandbox {
            Some(sandbox) => spec.and_then(|spec| sandbox.at_home(spec)),
            None => spec,
        };
        let variables = list_handed_variables(spec, &settings);
        printer.tell_decision(|| describe_sources(files.iter().chain(&named), &state_path));
        Ok(Self {
            host,
            state: StateDir::open(&state_path, Arc::clone(&checkpoints))
                .map_err(at_state(&state_path))?,
            clock: SystemClock,
            files: files.into_iter().chain(named).collect(),
            root_name: root.display().to_string(),
            state_name: state_path.display().to_string(),
            root,
            state_path,
            settings,
            checkpoints,
            name: own_name(cli),
            modal_name: name_modal(cli),
            printer,
            may_ask: !cli.place.no_input,
            variables,
            pair: OnceLock::new(),
            #[cfg(feature = "sandbox")]
            sandbox,
        })
    }

    /// Whether service and host are the built-in ones.
    pub(crate) fn is_sandbox(&self) -> bool {
        #[cfg(feature = "sandbox")]
        return self.sandbox.is_some();
        #[cfg(not(feature = "sandbox"))]
        false
    }

    /// The spec, checked; in a sandbox the bucket's service is always the built-in one.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value.
    pub(crate) fn spec(&self) -> Result<Spec, Failure> {
        let mut spec = self.settings.spec()?;
        spec.host = self.place_host(spec.host);
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = &self.sandbox {
            return sandbox.at_home(spec);
        }
        Ok(spec)
    }

    /// The part of the spec that tells of the Dagster host, with the units that are found there.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value.
    pub(crate) fn host_spec(&self) -> Result<HostSpec, Failure> {
        Ok(self.place_host(self.settings.host()?))
    }

    /// The host with the units that are found on it. The pretend host of a sandbox has a user of its
    /// own, who stands for one that the spec names and that it does not have.
    fn place_host(&self, host: HostSpec) -> HostSpec {
        #[cfg(feature = "sandbox")]
        let host = match &self.sandbox {
            Some(sandbox) if self.root == sandbox.host() => {
                Sandbox::with_own_user(host, &self.host)
            }
            Some(_) | None => host,
        };
        find_host_units(&self.context(), &host)
    }

    /// The part of the spec that tells of the S3 service; in a sandbox its own service.
    ///
    /// # Errors
    ///
    /// [`Failure`] for a missing or wrong value.
    pub(crate) fn store_spec(&self) -> Result<StoreSpec, Failure> {
        let spec = self.settings.store_spec()?;
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = &self.sandbox {
            return Ok(StoreSpec { endpoint: sandbox.own_endpoint()?, ..spec });
        }
        Ok(spec)
    }

    /// The endpoint that is named, or that of the region, whatever else is wrong with the spec.
    #[must_use]
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        #[cfg(feature = "sandbox")]
        if let Some(sandbox) = &self.sandbox {
            return sandbox.own_endpoint().ok();
        }
        let document = self.settings.document();
        let region = || document.region.as_deref()?.parse::<Region>().ok()?.endpoint();
        document.endpoint.as_deref().map_or_else(region, |endpoint| endpoint.parse().ok())
    }

    /// The S3 service that the spec names.
    ///
    /// # Errors
    ///
    /// [`Failure`] where no client can be set up.
    pub(crate) fn store(&self, spec: &Spec, keys: &Credentials) -> Result<S3Store, Failure> {
        let store = S3Store::new(&spec.endpoint, &spec.region, keys)
            .map_err(|error| Failure::of(Exit::Config, &error))?;
        tell_silence(&store, &spec.endpoint, self.printer);
        Ok(store)
    }

    /// The service user and the places of the host.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is no such user.
    pub(crate) fn host(&self, host: &HostSpec) -> Result<(UserAccount, HostPaths), Failure> {
        Ok(look_at_host(&self.context(), host)?)
    }

    /// Where operations work here.
    pub(crate) fn context(&self) -> HostContext<'_> {
        HostContext {
            files: &self.host,
            state: &self.state,
            state_name: &self.state_name,
            clock: &self.clock,
            checkpoints: self.checkpoints.as_ref(),
            machine: self.is_this_machine().then_some(&ThisMachine as &dyn Machine),
            root_name: (!self.is_this_machine()).then_some(self.root_name.as_str()),
            variables: &self.variables,
        }
    }

    /// All ports together, but for podman's secrets and Modal.
    pub(crate) fn ports<'a>(
        &'a self,
        store: &'a dyn ObjectStore,
        dagster: &'a dyn Dagster,
        fingerprints: &'a FingerprintKey,
    ) -> Ports<'a> {
        self.context().ports(store, dagster, fingerprints)
    }

    /// Journal, receipts and copies.
    pub(crate) fn records(&self) -> Records<'_> {
        Records(&self.state)
    }

    /// The file of the spec that has to be named where the working folder is another one.
    pub(crate) fn find_config(&self) -> Option<PathBuf> {
        self.files.last().filter(|path| named_path::is_taken(path)).cloned()
    }

    /// The files of the spec that a timer reads, as `config explain` names them: a service of the host
    /// has no home.
    pub(crate) fn find_timer_files(&self, is_root: bool) -> Vec<String> {
        let last = self.files.len().saturating_sub(1);
        let read =
            self.files.iter().enumerate().filter(|(at, _)| !is_root || [0, last].contains(at));
        read.map(|(_, path)| printable(&path.display().to_string())).collect()
    }

    /// Whether it is this machine itself, whose services can be asked: no sandbox, no other root.
    #[must_use]
    pub(crate) fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// A failure about datalake's own folder.
    #[must_use]
    pub(crate) fn state_failure(&self, fault: &Fault) -> Failure {
        self.context().state_error(fault.clone()).into()
    }

    /// Whether a question may be asked.
    #[must_use]
    pub(crate) fn may_ask(&self) -> bool {
        self.may_ask
    }
}

#[cfg(feature = "sandbox")]
async fn open_sandbox(cli: &Cli) -> Result<Option<Sandbox>, Failure> {
    let Some(dir) = &cli.place.sandbox else { return Ok(None) };
    require_nothing_of_others(&cli.values)?;
    Ok(Some(Sandbox::open(dir).await?))
}

fn describe_sources<'p>(files: impl Iterator<Item = &'p PathBuf>, state: &Path) -> String {
    let files: Vec<_> = files.map(|file| file.display().to_string()).collect();
    let state = state.display();
    format!("files of the spec, later ones win: {}; state: {state}", files.join(", "))
}

/// The names of the variables that containers are given, as far as the spec is known.
fn list_handed_variables(spec: Result<Spec, Failure>, settings: &Settings) -> Vec<String> {
    let usual = |_| list_usual_variables(settings.gives_modal_token());
    spec.map_or_else(usual, |spec| list_variables(&spec))
}

/// Who runs this.
pub(crate) fn me() -> Owner {
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    Owner { uid: user.as_raw(), gid: group.as_raw() }
}

impl Failure {
    /// A fault of the host's or datalake's own files, in a command's words.
    pub(crate) fn io(name: &Path, error: &std::io::Error) -> Self {
        let exit = match error.kind() {
            std::io::ErrorKind::PermissionDenied => Exit::Denied,
            _ => Exit::Io,
        };
        Self::of(exit, error).within(format!("`{}`", printable(&name.display().to_string())))
    }

    /// A fault of a file that the operator has named.
    pub(crate) fn of_named(name: &Path, fault: &Fault) -> Self {
        let exit = if fault.kind == FaultKind::Denied { Exit::Denied } else { Exit::Io };
        let name = printable(&name.display().to_string());
        // What is no plain file is named by the fault, with the target of a link.
        match fault.kind {
            FaultKind::NotPlain => Self::new(exit, fault.detail.clone()).hint(
                "name a plain file: datalake neither waits for a pipe nor writes through a link",
            ),
            _ => Self::new(exit, format!("`{name}`: {}", fault.detail)),
        }
    }
}
