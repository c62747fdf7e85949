//! What people read of jobs.

use std::fmt;

use datalake_core::job::{JobKind, JobManifest, JobProgress};
use datalake_core::size::ByteSize;
use datalake_core::text::{count_things, group_digits, printable_key};

use super::{
    JobOffer, JobPrice, JobReport, JobRun, JobStatus, KeyTrouble, PlannedJob, ShardEnd, WorkedShard,
};

/// What a job does, as it is typed.
fn name_kind(job: &JobManifest) -> String {
    match (job.kind, &job.code) {
        (JobKind::Checksum, _) => "checksum".to_owned(),
        (JobKind::Copy, _) => "copy".to_owned(),
        (JobKind::Recompress, _) => "recompress".to_owned(),
        (JobKind::Python, Some(code)) => format!("python function {}", code.function),
        (JobKind::Python, None) => "python".to_owned(),
    }
}

/// A line that says what a job is.
fn describe_job(job: &JobManifest) -> String {
    let destination = job.destination.as_deref().map(|dest| format!(" -> {}", printable_key(dest)));
    format!(
        "{}: {} of {}{}: {}, {} in {}",
        job.name,
        name_kind(job),
        printable_key(&job.source),
        destination.unwrap_or_default(),
        count_things(job.objects, "object"),
        job.bytes.display().si(),
        count_things(u64::from(job.shards), "shard"),
    )
}

/// How far a job is, in a line.
#[must_use]
pub fn describe_progress(progress: &JobProgress) -> String {
    let mut parts = vec![format!("{} done", group_digits(progress.done))];
    if progress.failed > 0 {
        parts.push(format!("{} failed", group_digits(progress.failed)));
    }
    if progress.changed > 0 {
        parts.push(format!("{} changed since the plan", group_digits(progress.changed)));
    }
    if progress.open > 0 {
        parts.push(format!("{} left", count_things(u64::from(progress.open), "shard")));
    }
    parts.join(", ")
}

impl fmt::Display for JobPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Egress:  {}", self.egress)?;
        if self.egress_bytes < self.read_bytes {
            write!(f, " in Hetzner's network; {} from anywhere else", self.egress_outside)?;
        }
        writeln!(f, " (if nothing else leaves the service this month)")?;
        let seconds = count_things(self.core_seconds, "core-second");
        match &self.compute {
            Some(sum) => writeln!(f, "Compute: {sum} for about {seconds}")?,
            None => writeln!(f, "Compute: about {seconds}; --core-hour PRICE prices them")?,
        }
        match (&self.budget, self.is_over_budget) {
            (Some(budget), true) => writeln!(f, "That is more than the budget of {budget}."),
            (Some(budget), false) => writeln!(f, "That is within the budget of {budget}."),
            (None, _) => Ok(()),
        }
    }
}

impl fmt::Display for PlannedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", describe_job(&self.job))?;
        write!(f, "{}", self.price)?;
        if self.is_better_synced() {
            writeln!(
                f,
                "Note: a job reads and writes every byte. `sync` copies between buckets of one service \
                 inside of it."
            )?;
        }
        if let Some(destination) =
            self.job.destination.as_deref().filter(|_| self.at_destination > 0)
        {
            let (place, count) = (printable_key(destination), self.at_destination);
            let are = if count == 1 { "is" } else { "are" };
            let objects = count_things(count, "object");
            writeln!(
                f,
                "Note: {objects} {are} already below {place}; a job replaces what has the same name."
            )?;
        }
        if self.is_written { Ok(()) } else { writeln!(f, "Nothing was planned.") }
    }
}

impl fmt::Display for JobOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, left, left_objects, left_bytes, workers, price } = self;
        write!(f, "{status}")?;
        let shards = count_things(u64::from(*left), "shard");
        let objects = count_things(*left_objects, "object");
        let bytes = ByteSize(*left_bytes).display().si();
        writeln!(f, "Left:    {shards} with {objects}, about {bytes}")?;
        let brake = &status.job.brake;
        let workers = count_things(u64::from(*workers), "worker");
        write!(f, "Brake:   at most {workers} at one time; together ")?;
        if let Some(requests) = brake.requests_per_second {
            write!(f, "{requests} requests a second, ")?;
        }
        writeln!(f, "{} connections", brake.connections)?;
        write!(f, "{price}")
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", describe_job(&self.job))?;
        writeln!(f, "{}", describe_progress(&self.progress))?;
        if self.is_stopped { writeln!(f, "Its workers are asked to stop.") } else { Ok(()) }
    }
}

impl fmt::Display for JobRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let others = count_things(u64::from(self.done_by_others), "shard");
        if self.done_by_others > 0 {
            writeln!(f, "Another run did {others} meanwhile.")?;
        }
        Ok(())
    }
}

impl fmt::Display for KeyTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.cause.as_deref().unwrap_or("changed since the plan, or gone");
        write!(f, "{}: {}", printable_key(&self.key), printable_key(cause))
    }
}

impl fmt::Display for JobReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl fmt::Display for WorkedShard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = || {
            let [done, failed, changed] = [self.done, self.failed, self.changed];
            format!("{done} done, {failed} failed, {changed} changed since the plan")
        };
        match self.end {
            ShardEnd::Worked => writeln!(f, "Shard {}: {}", self.shard, counts()),
            ShardEnd::WasDone => {
                writeln!(f, "Shard {} was done by another worker: {}", self.shard, counts())
            }
            ShardEnd::Stopped => {
                writeln!(f, "Shard {} was not begun: the job is stopped", self.shard)
            }
        }
    }
}
