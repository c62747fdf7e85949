//! Starting and stopping a simulator.

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::access::AccessGate;
use crate::address::BucketHosts;
use crate::backend::Backend;
use crate::clock::SimClock;
use crate::config::{Config, SimKey};
use crate::connection;
use crate::faults::FaultPlan;
use crate::front::Front;
use crate::journal::{JournalCounts, RequestSeen};
use crate::sim::Sim;
use crate::state::AllBuckets;
use crate::state::disk::Disk;
use crate::tls;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another simulator works in the folder.
    #[error("`{0}` is in use by another simulator")]
    InUse(PathBuf),
    /// The state cannot be read or written.
    #[error("cannot use the state in `{dir}`")]
    State {
        /// The folder with the state.
        dir: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate cannot be made or read.
    #[error("cannot use the certificate in `{dir}`")]
    Certificate {
        /// The folder with the certificate.
        dir: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

/// Starts a simulator in the current Tokio runtime.
///
/// # Errors
///
/// [`StartError::InUse`] when another simulator, in this process or another
/// one, works in the same folder; the others when the system refuses.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// use datalake_sim::{Config, start};
///
/// let sim = start(Config::hetzner(dir.path())).await?;
/// assert!(sim.endpoint().starts_with("http://127.0.0.1:"));
/// sim.stop().await;
/// # Ok(())
/// # }
/// ```
pub async fn start(config: Config) -> Result<Running, StartError> {
    let lock = lock_folder(&config.dir)?;
    let sim = open_state(&config)
        .map_err(|source| StartError::State { dir: config.dir.clone(), source })?;
    let identity = config.tls.then(|| tls::load_identity(&config.dir)).transpose();
    let identity =
        identity.map_err(|source| StartError::Certificate { dir: config.dir.clone(), source })?;
    let refused = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let front = Arc::new(Front::new(Arc::clone(&sim), build_service(&sim), config.faults));
    let (certificate, acceptor) =
        identity.map(|found| (found.certificate_pem, found.acceptor)).unzip();
    let (stop, stopped) = watch::channel(false);
    let accepting = accept_connections(listener, Arc::clone(&front), acceptor, stopped);
    Ok(Running {
        address,
        certificate,
        sim,
        front,
        stop,
        server: Some(tokio::spawn(accepting)),
        lock: Some(lock),
    })
}

fn lock_folder(dir: &Path) -> Result<File, StartError> {
    let failed = |source| StartError::State { dir: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    let path = dir.join("lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn open_state(config: &Config) -> io::Result<Arc<Sim>> {
    let disk = Disk::open(config.dir.clone())?;
    let clock = match fs::read(disk.root().join("clock.json")) {
        Ok(bytes) => SimClock::ahead_by(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => SimClock::default(),
        Err(error) => return Err(error),
    };
    let world = AllBuckets::load(&disk)?;
    Ok(Arc::new(Sim::new(config, disk, clock, world)))
}

fn build_service(sim: &Arc<Sim>) -> S3Service {
    let mut settings = S3Config::default();
    // The layer in front checks dates, by the simulator's clock.
    settings.presigned_url_max_skew_time_secs = u32::MAX;
    let mut builder = S3ServiceBuilder::new(Backend(Arc::clone(sim)));
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(settings))));
    builder.set_host(BucketHosts);
    builder.set_auth(AccessGate(Arc::clone(sim)));
    builder.set_access(AccessGate(Arc::clone(sim)));
    builder.build()
}

/// How long open requests have to end when the simulator stops.
const GRACE: Duration = Duration::from_secs(2);

async fn accept_connections(
    listener: TcpListener,
    front: Arc<Front>,
    tls: Option<TlsAcceptor>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let stop = stopped.clone();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => break,
            Some(_) = connections.join_next() => (),
            accepted = listener.accept() => {
                // A client that is gone before it is greeted is no loss.
                if let Ok((stream, _)) = accepted {
                    let serving =
                        connection::serve_connection(stream, Arc::clone(&front), tls.clone(), stop.clone());
                    connections.spawn(serving);
                }
            }
        }
    }
    drop(listener);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, all).await.is_err() {
        connections.shutdown().await;
    }
}

/// A simulator at work. Dropping it ends it at once; [`stop`](Running::stop)
/// lets open requests finish.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    certificate: Option<String>,
    sim: Arc<Sim>,
    front: Arc<Front>,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    /// Held until the server is gone.
    lock: Option<File>,
}

impl Running {
    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The endpoint for S3 clients, which use path style.
    ///
    /// Clients that put the bucket into the host find it at `BUCKET.localhost`
    /// with the same port.
    pub fn endpoint(&self) -> String {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate of the authority that clients must trust, when it speaks TLS.
    ///
    /// It is good for `127.0.0.1`, `localhost` and the hosts of buckets, and for no other.
    pub fn certificate_pem(&self) -> Option<String> {
        self.certificate.clone()
    }

    /// Replaces the fault plan; the numbers of the requests go on.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.front.set_faults(plan);
    }

    /// Moves the calendar on and carries out the lifecycle of every day between.
    ///
    /// Things are dated by the calendar. Signatures and the `Date` header go by
    /// the network's time, which does not move, so clients keep working.
    ///
    /// # Errors
    ///
    /// The state cannot be written.
    pub fn advance(&self, duration: Duration) -> io::Result<()> {
        self.sim.advance(duration)
    }

    /// Sets how far the service's clock is wrong; what a client signs more than
    /// 15 minutes away from it is refused.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.sim.clock.set_offset(seconds);
    }

    /// Knows a key no more: it is refused with `InvalidAccessKeyId` from now on, as after its deletion in
    /// a provider's console.
    pub fn forget_key(&self, access_key_id: &str) {
        self.sim.forget_key(access_key_id);
    }

    /// Knows these keys and no others from now on, as after a visit to a provider's console.
    pub fn set_keys(&self, keys: Vec<SimKey>) {
        self.sim.set_keys(keys);
    }

    /// The last 10,000 requests, oldest first, in the order of their answers.
    pub fn requests(&self) -> Vec<RequestSeen> {
        self.front.journal.all()
    }

    /// How much came since the start.
    pub fn counts(&self) -> JournalCounts {
        self.front.counts()
    }

    /// Takes no more requests, waits up to two seconds for open ones, and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(server) = self.server.take() {
            // A server that panicked is ended as well.
            server.await.unwrap_or_default();
        }
        drop(self.lock.take());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
    }
}
