//! A history of usage in memory.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::price::Span;
use datalake_core::time::Timestamp;

use crate::usage_log::{AssetUse, EgressNote, UsageLog, UsagePlace, UsageSample};

/// A history of usage in memory.
#[derive(Debug, Default)]
pub struct MemoryUsageLog {
    samples: Vec<(UsagePlace, UsageSample)>,
    egress: Vec<(UsagePlace, EgressNote)>,
    /// What every call fails with, where it does.
    pub fault: Option<Fault>,
}

impl MemoryUsageLog {
    fn check(&self) -> Result<(), Fault> {
        self.fault.clone().map_or(Ok(()), Err)
    }
}

impl UsageLog for MemoryUsageLog {
    fn record(&mut self, place: &UsagePlace, sample: &UsageSample) -> Result<(), Fault> {
        self.check()?;
        self.samples.retain(|(at, kept)| at != place || kept.at != sample.at);
        self.samples.push((place.clone(), sample.clone()));
        self.samples.sort_by_key(|(_, sample)| sample.at);
        Ok(())
    }

    fn record_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<(), Fault> {
        self.check()?;
        self.egress.push((place.clone(), egress.clone()));
        self.egress.sort_by_key(|(_, note)| note.at);
        Ok(())
    }

    fn remove_egress(&mut self, place: &UsagePlace, egress: &EgressNote) -> Result<bool, Fault> {
        self.check()?;
        let found = self.egress.iter().position(|(at, note)| at == place && note == egress);
        Ok(found.map(|at| self.egress.remove(at)).is_some())
    }

    fn samples(&self, place: &UsagePlace, span: Span) -> Result<Vec<UsageSample>, Fault> {
        self.check()?;
        let is_meant = |(at, sample): &&(UsagePlace, UsageSample)| {
            at == place && span.from <= sample.at && sample.at < span.until
        };
        let without_assets = |(_, sample): &(UsagePlace, UsageSample)| UsageSample {
            assets: Vec::new(),
            ..sample.clone()
        };
        Ok(self.samples.iter().filter(is_meant).map(without_assets).collect())
    }

    fn assets(&self, place: &UsagePlace, at: Timestamp) -> Result<Vec<AssetUse>, Fault> {
        self.check()?;
        let found = self.samples.iter().find(|(kept, sample)| kept == place && sample.at == at);
        let absent = || Fault::new(FaultKind::Absent, "no sample of that time");
        found.map(|(_, sample)| sample.assets.clone()).ok_or_else(absent)
    }

    fn egress(&self, place: &UsagePlace, span: Span) -> Result<Vec<EgressNote>, Fault> {
        self.check()?;
        let is_meant = |(at, note): &&(UsagePlace, EgressNote)| {
            at == place && span.from <= note.at && note.at < span.until
        };
        Ok(self.egress.iter().filter(is_meant).map(|(_, note)| note.clone()).collect())
    }
}
