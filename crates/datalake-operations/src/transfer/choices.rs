//! What is asked of a transfer, as the engine takes it.

use datalake_core::size::ByteSize;
use datalake_core::spec::ServiceLimits;
use datalake_core::transfer::{Bandwidth, Comparison, Filter, InvalidPattern};
use datalake_engine::Attributes;
use datalake_engine::transfer::{Deletion, Links, Options, TagCheck, TransferLimits};

use super::TransferContext;
use super::service_record::read_refusal;
use crate::{ErrorKind, OperationError};

/// Connections that are left to others at this address.
const SPARE: u32 = 16;

/// Files under way at once: as many as make 750 requests a second of answers that take 80 ms.
const TRANSFERS: usize = 64;

/// What becomes of the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SourceFate {
    /// They stay.
    #[default]
    Stays,
    /// They are removed when they have arrived.
    Removed,
}

/// How equal sides are recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentComparison {
    /// By size and time, and by what is kept of the last run.
    #[default]
    Quick,
    /// By size alone.
    SizeOnly,
    /// By content.
    Checksum,
}

/// How much of what is moved is compared with what arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Care {
    /// What the service was not seen to compare itself.
    #[default]
    Usual,
    /// All.
    Check,
    /// Service and network are trusted with the parts of large files.
    TrustService,
}

/// What is asked of a transfer.
#[derive(Debug, Clone, Default)]
pub struct TransferChoices {
    /// Patterns of names that take part; all where there is none.
    pub include: Vec<String>,
    /// Patterns of names that take no part.
    pub exclude: Vec<String>,
    /// Whether nothing is changed and only told.
    pub dry_run: bool,
    /// How equal sides are recognised.
    pub comparison: ContentComparison,
    /// How much is compared with what arrives.
    pub care: Care,
    /// What becomes of symbolic links.
    pub links: Links,
    /// Whether files here are replaced that were changed since the last run.
    pub overwrite: bool,
    /// What becomes of the sources.
    pub fate: SourceFate,
    /// What the destination loses.
    pub delete: Deletion,
    /// What the objects carry along that are made of files.
    pub attributes: Attributes,
    /// What is kept within.
    pub limits: LimitChoices,
}

/// What is to be kept within, where the spec allows more.
#[derive(Debug, Clone, Default)]
pub struct LimitChoices {
    /// Files under way at once.
    pub transfers: Option<u16>,
    /// Bytes per second.
    pub bandwidth: Option<Bandwidth>,
    /// Requests in all.
    pub requests: Option<u64>,
    /// Connections at once.
    pub connections: Option<u32>,
    /// The size of parts of large files.
    pub part_size: Option<ByteSize>,
    /// Seconds that local time is ahead of UTC, for the timetable of the bandwidth.
    pub utc_offset: i32,
}

impl TransferChoices {
    /// Whether the sources are removed when they have arrived.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.fate == SourceFate::Removed
    }

    /// Whether something is deleted at the destination or at the source.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.moves() || self.delete != Deletion::Off
    }

    /// The same as the engine takes it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] for a pattern that is none, and more connections than the spec allows.
    pub fn choose_options(&self, context: &TransferContext<'_>) -> Result<Options, OperationError> {
        Ok(Options {
            comparison: self.choose_comparison(),
            filter: choose_filter(&self.include, &self.exclude)?,
            delete: self.delete,
            dry_run: self.dry_run,
            tags: self.choose_tags(read_refusal(context)),
            overwrite: self.overwrite,
            attributes: self.attributes.clone(),
            limits: choose_limits(&context.client.spec.limits, &self.limits)?,
        })
    }

    fn choose_comparison(&self) -> Comparison {
        match self.comparison {
            // What a move deletes afterwards is compared by content, never by looks.
            _ if self.moves() => Comparison::Checksum,
            ContentComparison::Checksum => Comparison::Checksum,
            ContentComparison::SizeOnly => Comparison::SizeOnly,
            ContentComparison::Quick => Comparison::Quick,
        }
    }

    /// Which tags are compared, where the service was seen to refuse wrong hashes or not.
    fn choose_tags(&self, refuses_wrong_hash: Option<bool>) -> TagCheck {
        match (self.care, refuses_wrong_hash) {
            (Care::TrustService, _) => TagCheck::Single,
            (Care::Check, _) | (Care::Usual, Some(false)) => TagCheck::All,
            (Care::Usual, _) if self.moves() => TagCheck::All,
            (Care::Usual, Some(true)) => TagCheck::Seen,
            (Care::Usual, None) => TagCheck::Learn,
        }
    }
}

/// The names that take part.
///
/// # Errors
///
/// [`OperationError`] for a pattern that is none.
pub fn choose_filter(include: &[String], exclude: &[String]) -> Result<Filter, OperationError> {
    Filter::including(include, exclude)
        .map_err(|error: InvalidPattern| OperationError::of(ErrorKind::Usage, &error))
}

/// What is kept within: the spec's limits, and those that were chosen.
///
/// # Errors
///
/// [`OperationError`] for more connections than the spec allows.
pub fn choose_limits(
    spec: &ServiceLimits,
    choices: &LimitChoices,
) -> Result<TransferLimits, OperationError> {
    let (usual, allowed) = (TransferLimits::default(), spec.connections);
    let connections = match choices.connections {
        Some(number) if number > allowed => {
            let message = format!("{number} connections are more than the spec allows: {allowed}");
            return Err(
                OperationError::new(ErrorKind::Usage, message).advise("see `limits.connections`")
            );
        }
        Some(number) => number,
        None => allowed.saturating_sub(SPARE.min(allowed / 16)).max(1),
    };
    Ok(TransferLimits {
        items: choices.transfers.map_or(TRANSFERS, usize::from),
        connections: usize::try_from(connections).unwrap_or(usize::MAX),
        requests_per_second: spec.requests_per_second,
        requests: choices.requests,
        bandwidth: choices.bandwidth.clone().or_else(|| spec.bandwidth.clone()),
        utc_offset: choices.utc_offset,
        part_size: choices.part_size.unwrap_or(usual.part_size),
        ..usual
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moving() -> TransferChoices {
        TransferChoices { fate: SourceFate::Removed, ..TransferChoices::default() }
    }

    #[test]
    fn a_move_compares_contents_whatever_was_asked_for() {
        for comparison in
            [ContentComparison::Quick, ContentComparison::SizeOnly, ContentComparison::Checksum]
        {
            let choices = TransferChoices { comparison, ..moving() };
            assert_eq!(choices.choose_comparison(), Comparison::Checksum);
        }
        let choices = TransferChoices {
            comparison: ContentComparison::SizeOnly,
            ..TransferChoices::default()
        };
        assert_eq!(choices.choose_comparison(), Comparison::SizeOnly);
    }

    #[test]
    fn tags_are_compared_as_far_as_the_service_was_not_seen_to_do_it() {
        let table = [
            (Care::Usual, None, TagCheck::Learn, TagCheck::All),
            (Care::Usual, Some(true), TagCheck::Seen, TagCheck::All),
            (Care::Usual, Some(false), TagCheck::All, TagCheck::All),
            (Care::Check, Some(true), TagCheck::All, TagCheck::All),
            (Care::TrustService, None, TagCheck::Single, TagCheck::Single),
            (Care::TrustService, Some(false), TagCheck::Single, TagCheck::Single),
        ];
        for (care, seen, copy, moved) in table {
            let copying = TransferChoices { care, ..TransferChoices::default() };
            assert_eq!(copying.choose_tags(seen), copy, "{care:?} {seen:?}");
            let moving = TransferChoices { care, ..moving() };
            assert_eq!(moving.choose_tags(seen), moved, "{care:?} {seen:?}, a move");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_a_wrong_use() {
        assert!(choose_filter(&["*.csv".to_owned()], &[]).is_ok());
        let error = choose_filter(&["a[".to_owned()], &[]).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage);
    }

    #[test]
    fn connections_are_at_most_those_of_the_spec_and_a_few_are_left_to_others() {
        let spec =
            |connections| ServiceLimits { connections, requests_per_second: None, bandwidth: None };
        let chosen = |allowed, connections| {
            let choices = LimitChoices { connections, ..LimitChoices::default() };
            choose_limits(&spec(allowed), &choices).map(|limits| limits.connections).ok()
        };
        assert_eq!(chosen(256, None), Some(240));
        assert_eq!(chosen(1000, None), Some(984));
        assert_eq!(chosen(8, None), Some(8));
        assert_eq!(chosen(0, None), Some(1));
        assert_eq!(chosen(8, Some(8)), Some(8));
        assert_eq!(chosen(8, Some(9)), None);
    }

    #[test]
    fn what_was_not_chosen_is_as_the_spec_has_it() {
        let spec = ServiceLimits {
            requests_per_second: Some(7),
            bandwidth: Some("1M".parse().unwrap()),
            connections: 256,
        };
        let usual = choose_limits(&spec, &LimitChoices::default()).unwrap();
        let chosen = LimitChoices {
            bandwidth: Some("2M".parse().unwrap()),
            transfers: Some(3),
            requests: Some(9),
            part_size: Some(ByteSize(5 << 20)),
            ..LimitChoices::default()
        };
        let chosen = choose_limits(&spec, &chosen).unwrap();

        assert_eq!((usual.items, usual.requests_per_second), (64, Some(7)));
        assert_eq!(usual.bandwidth, spec.bandwidth);
        assert_eq!((chosen.items, chosen.requests), (3, Some(9)));
        assert_ne!(chosen.bandwidth, spec.bandwidth);
        assert_eq!(chosen.part_size, ByteSize(5 << 20));
    }
}
