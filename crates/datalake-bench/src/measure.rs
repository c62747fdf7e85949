//! What a run of a program costs.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use wait4::Wait4 as _;

use crate::Failed;

/// How often a client's memory is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// What one run has taken, in seconds and bytes.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct MeasuredCost {
    /// From the start to the end.
    pub(crate) wall: f64,
    /// User and system time of the client.
    pub(crate) cpu: f64,
    /// Peak of its memory.
    pub(crate) memory: u64,
    /// User and system time of the service.
    pub(crate) server_cpu: f64,
    /// Until the first byte of its output; as long as the whole where it says nothing.
    pub(crate) first: f64,
    /// What others have taken of the machine's processors meanwhile: 1 is one of them.
    pub(crate) others: f64,
}

/// Runs a program to its end, which has to be a good one.
pub(crate) fn measure_program(command: &mut Command, log: &Path) -> Result<MeasuredCost, Failed> {
    let told = File::create(log)?;
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(told);
    let (busy, own) = (read_busy_seconds()?, own_cpu());
    let start = Instant::now();
    let mut child = command.spawn().map_err(|error| {
        Failed::new(format!("cannot start {}: {error}", command.get_program().display()))
    })?;
    let memory = watch_memory(child.id());
    let first = child.stdout.take().map(|mut output| first_byte(&mut output, start));
    let used = child.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let end: Vec<&str> = text.lines().rev().take(5).collect();
        return Err(Failed::new(format!("{command:?}: {}\n{}", used.status, end.join("\n"))));
    }
    let server = own_cpu().saturating_sub(own);
    let client = used.rusage.utime + used.rusage.stime;
    let others = (read_busy_seconds()? - busy - (client + server).as_secs_f64()).max(0.0);
    Ok(MeasuredCost {
        wall: wall.as_secs_f64(),
        cpu: client.as_secs_f64(),
        memory: memory.join().unwrap_or_default(),
        server_cpu: server.as_secs_f64(),
        first: first.flatten().unwrap_or(wall).as_secs_f64(),
        others: others / wall.as_secs_f64(),
    })
}

/// Looks at the peak of a process's memory until it ends.
///
/// What the system tells in the end would count the memory of this program, too, as it was when it
/// started the other one.
fn watch_memory(id: u32) -> JoinHandle<u64> {
    let path = format!("/proc/{id}/status");
    let peak = move || {
        let text = std::fs::read_to_string(&path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    std::thread::spawn(move || {
        let mut most = 0;
        while let Some(kib) = peak() {
            most = kib << 10;
            std::thread::sleep(LOOK);
        }
        most
    })
}

/// Reads all that a program says; tells when the first of it came.
fn first_byte(output: &mut impl std::io::Read, start: Instant) -> Option<Duration> {
    let (mut chunk, mut first) = (vec![0; 64 << 10], None);
    while let Ok(1..) = output.read(&mut chunk) {
        first.get_or_insert_with(|| start.elapsed());
    }
    first
}

/// The time that this process, with the service in it, has had of the processors.
fn own_cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// The seconds that all processors have worked since the machine has started.
fn read_busy_seconds() -> Result<f64, Failed> {
    let mut text = String::new();
    File::open("/proc/stat")?.read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = line.split_whitespace().skip(1).map_while(|n| n.parse().ok()).collect();
    // All but what was idle or waited for a disk, in hundredths of a second.
    let idle: f64 = ticks.iter().skip(3).take(2).sum();
    Ok((ticks.iter().take(8).sum::<f64>() - idle) / 100.0)
}
