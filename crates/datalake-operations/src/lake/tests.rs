mod addresses;
mod contents;
mod deletions;
mod gaps;
mod listings;
mod objects;

use datalake_engine::{ListAsk, Objects as _};

use super::test_service::TestService;
use crate::{Advice, AdvisedCommand, OperationError};

pub(super) fn named_commands(error: &OperationError) -> Vec<AdvisedCommand> {
    let commands = error.advice.iter().flat_map(|advice| match advice {
        Advice::Commands(_, commands) => commands.clone(),
        _ => Vec::new(),
    });
    commands.collect()
}

pub(super) async fn list_keys(service: &TestService) -> Vec<String> {
    let ask = ListAsk::below("");
    let page = service.store.list(&service.bucket, &ask, None).await.unwrap();
    page.objects.into_iter().map(|object| object.key.as_str().to_owned()).collect()
}
