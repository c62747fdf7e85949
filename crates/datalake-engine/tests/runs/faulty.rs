//! Ports that fail or die at a chosen call or checkpoint.
//!
//! To have podman keep a secret is the one call that does not leave all as it was when it fails: the
//! old value is gone by then.

mod host;
mod remote;

use std::sync::Mutex;

use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::*;

use crate::support::World;

/// When the ports fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fails {
    Never,
    /// The call of this number fails and does nothing; all others work.
    Once(usize, FaultKind),
    /// The call of this number is carried out and its answer lost; all others work.
    LosesAnswer(usize, FaultKind),
    /// Host and service are gone before the call of this number; the state folder still works.
    GoneBefore(usize, FaultKind),
    /// The same, and the call of this number was carried out.
    GoneAfter(usize, FaultKind),
    /// The process dies before the call of this number has done anything.
    DiesBefore(usize),
    /// The process dies as it has podman replace a secret.
    DiesStoring,
    /// The process dies where it passes this checkpoint for the so-manieth time.
    DiesAt(Checkpoint, usize),
}

/// The ports to a world that fail as told.
pub(crate) struct Faulty<'a> {
    world: &'a World,
    fails: Fails,
    seen: Mutex<Seen>,
}

/// What has gone through the ports so far.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) calls: usize,
    pub(crate) passed: Vec<Checkpoint>,
    dead: bool,
}

enum Turn {
    Go,
    Fail(Fault),
    GoAndLose(Fault),
    Dead(Fault),
}

impl<'a> Faulty<'a> {
    pub(crate) fn new(world: &'a World, fails: Fails) -> Self {
        Self { world, fails, seen: Mutex::default() }
    }

    pub(crate) fn ports(&self) -> Ports<'_> {
        Ports {
            store: self,
            files: self,
            dagster: self,
            timers: &NoTimers,
            secrets: self,
            vault: self,
            state: self,
            checkpoints: self,
            clock: &self.world.clock,
            fingerprints: &self.world.fingerprints,
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    fn turn(&self) -> Turn {
        let mut seen = self.seen.lock().unwrap();
        let call = seen.calls;
        seen.calls += 1;
        if seen.dead {
            return Turn::Dead(death());
        }
        match self.fails {
            Fails::Once(at, kind) if at == call => Turn::Fail(Fault::new(kind, "injected")),
            Fails::DiesBefore(at) if at == call => {
                seen.dead = true;
                Turn::Fail(death())
            }
            Fails::LosesAnswer(at, kind) if at == call => {
                Turn::GoAndLose(Fault::new(kind, "injected"))
            }
            Fails::GoneBefore(at, kind) if at == call => {
                seen.dead = true;
                Turn::Fail(Fault::new(kind, "injected"))
            }
            Fails::GoneAfter(at, kind) if at == call => {
                seen.dead = true;
                Turn::GoAndLose(Fault::new(kind, "injected"))
            }
            _ => Turn::Go,
        }
    }

    /// The turn of a call to the state folder, which outlives host and service.
    fn turn_of_state(&self) -> Turn {
        match self.fails {
            Fails::GoneBefore(..) | Fails::GoneAfter(..) => Turn::Go,
            _ => self.turn(),
        }
    }

    fn call<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        take(self.turn(), act)
    }

    fn keep<T>(&self, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        take(self.turn_of_state(), act)
    }

    async fn ask<T>(&self, act: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, Fault> {
        match self.turn() {
            Turn::Go => act.await,
            Turn::GoAndLose(fault) => act.await.and(Err(fault)),
            Turn::Fail(fault) | Turn::Dead(fault) => Err(fault),
        }
    }

    /// Passes a checkpoint; a process that dies there does no more.
    fn survive(&self, checkpoint: Checkpoint) -> Result<(), Fault> {
        self.pass(checkpoint);
        if self.seen().dead && matches!(self.fails, Fails::DiesAt(..)) {
            return Err(death());
        }
        Ok(())
    }
}

fn take<T>(turn: Turn, act: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    match turn {
        Turn::Go => act(),
        Turn::GoAndLose(fault) => act().and(Err(fault)),
        Turn::Fail(fault) | Turn::Dead(fault) => Err(fault),
    }
}

fn death() -> Fault {
    Fault::new(FaultKind::Io, "the process is dead")
}

impl Checkpoints for Faulty<'_> {
    fn pass(&self, checkpoint: Checkpoint) {
        let mut seen = self.seen.lock().unwrap();
        if seen.dead {
            return;
        }
        seen.passed.push(checkpoint);
        let times = seen.passed.iter().filter(|passed| **passed == checkpoint).count();
        seen.dead = self.fails == Fails::DiesAt(checkpoint, times);
    }
}
