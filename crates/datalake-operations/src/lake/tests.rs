mod addresses;
mod contents;
mod deletions;
mod listings;
mod objects;

pub(super) use super::test_service::list_keys;
use crate::{Advice, AdvisedCommand, OperationError};

pub(super) fn named_commands(error: &OperationError) -> Vec<AdvisedCommand> {
    let commands = error.advice.iter().flat_map(|advice| match advice {
        Advice::Commands(_, commands) => commands.clone(),
        _ => Vec::new(),
    });
    commands.collect()
}
