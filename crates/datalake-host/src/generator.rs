//! The quadlet generator that is installed on the host, asked about a copy.

mod copy;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::{Generator, GeneratorAnswer, QuadletTree};

use self::copy::QuadletCopy;

use crate::acting::ServiceUser;
use crate::commands::{CommandFault, ProgramCall, ProgramEnd, fault_of_command, run_to_end};
use crate::escape::escape_bytes;

/// Where the generator may be, the first that is there counts: systemd runs the first one.
const PROGRAMS: [&str; 3] = [
    "/usr/lib/systemd/user-generators/podman-user-generator",
    "/usr/libexec/podman/quadlet",
    "/usr/lib/podman/quadlet",
];

/// The same for the host's own systemd.
const HOST_PROGRAMS: [&str; 3] = [
    "/usr/lib/systemd/system-generators/podman-system-generator",
    "/usr/libexec/podman/quadlet",
    "/usr/lib/podman/quadlet",
];

/// What one run may take. It needs a tenth of a second; below podman 5.4 a comment or blank line in
/// a continued line can keep it busy for ever.
const LIMIT: Duration = Duration::from_secs(20);

/// The quadlet generator of the host, run as the service user.
#[derive(Debug, Clone)]
pub struct QuadletGenerator {
    user: ServiceUser,
    programs: Vec<PathBuf>,
    limit: Duration,
}

impl QuadletGenerator {
    /// The generator that systemd runs for this user.
    #[must_use]
    pub fn new(user: ServiceUser) -> Self {
        let programs = if user.is_host() { HOST_PROGRAMS } else { PROGRAMS };
        Self::with_programs(user, programs.map(PathBuf::from).to_vec(), LIMIT)
    }

    /// The first of `programs` that is there, with another limit of time.
    #[must_use]
    pub fn with_programs(user: ServiceUser, programs: Vec<PathBuf>, limit: Duration) -> Self {
        Self { user, programs, limit }
    }

    fn command(&self, program: &Path, copy: &QuadletCopy) -> ProgramCall {
        let folders = [("QUADLET_UNIT_DIRS".into(), copy.search_path().into())];
        let whose: &[&str] = if self.user.is_host() { &[] } else { &["-user"] };
        let words = [&["-dryrun"], whose, &["-no-kmsg-log"]].concat();
        let program = program.to_string_lossy();
        let command = self.user.run_as(&program, &words, BTreeMap::from(folders));
        ProgramCall { limit: self.limit, ..command }
    }
}

#[async_trait]
impl Generator for QuadletGenerator {
    async fn generate(&self, tree: &QuadletTree) -> Result<GeneratorAnswer, Fault> {
        let program = self.programs.iter().find(|program| program.is_file());
        let Some(program) = program else {
            return Err(Fault::new(FaultKind::Absent, "no quadlet generator is installed"));
        };
        let copy = QuadletCopy::of(tree, &self.user)?;
        match run_to_end(&self.command(program, &copy)).await {
            Ok(ended) => read_answer(&ended, &copy),
            Err(CommandFault::TimedOut { limit, .. }) => Ok(GeneratorAnswer::Hung(limit)),
            Err(fault) => Err(fault_of_command(fault)),
        }
    }
}

fn read_answer(ended: &ProgramEnd, copy: &QuadletCopy) -> Result<GeneratorAnswer, Fault> {
    match ended.status.code() {
        // `runuser` and `env` say so of a program that they cannot run.
        None | Some(126 | 127) => {
            let text = format!("({}) {}", ended.status, escape_bytes(ended.stderr.expose()));
            Err(Fault::new(FaultKind::Refused, text))
        }
        Some(exit) => Ok(GeneratorAnswer::Said {
            stdout: copy.told_of_the_host(&ended.stdout),
            stderr: copy.told_of_the_host(&ended.stderr),
            exit,
        }),
    }
}
