//! What is said while an answer takes long.

use std::pin::pin;
use std::time::{Duration, Instant};

use datalake_core::s3::Endpoint;
use datalake_s3::{S3Store, SilenceClock};

use crate::render::{Printer, Ticker};

/// After how long a silence a person is told what is waited for.
pub(crate) const SILENCE: Duration = Duration::from_secs(2);

/// Between two lines about one thing where there is no terminal.
const LONGEST: Duration = Duration::from_mins(1);

/// Tells in each silence of the service what is waited for, and which try it is.
pub(crate) fn tell_silence(store: &S3Store, endpoint: &Endpoint, printer: Printer) {
    let (waiting, endpoint) = (store.waiting(), endpoint.to_string());
    tokio::spawn(async move {
        let mut told = 0;
        loop {
            tokio::time::sleep(SILENCE / 8).await;
            let is_long = waiting.silence().is_some_and(|silence| silence >= SILENCE);
            let attempt = if is_long { waiting.attempt() } else { 0 };
            if attempt > told {
                // The line that shows progress on a terminal gives way.
                Ticker::new(printer).tell(String::new);
                printer.talk(&format!("waiting for an answer from `{endpoint}` (try {attempt})"));
            }
            told = attempt;
        }
    });
}

/// Goes on with something that takes more than one answer; where it takes long, a line tells once
/// what is waited for, unless the service is silent, of which [`tell_silence`] tells.
pub(crate) async fn tell_wait<T>(wait: &Wait<'_>, goes_on: impl Future<Output = T>) -> T {
    let (mut goes_on, began) = (pin!(goes_on), Instant::now());
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            ended = &mut goes_on => return ended,
            () = tokio::time::sleep(SILENCE / 8), if !told => {
                let is_silent = wait.service.is_some_and(|waiting| waiting.silence() > Some(SILENCE / 2));
                told = began.elapsed() >= SILENCE && !is_silent;
                if told {
                    wait.printer.talk(&format!("waiting for {}", wait.what));
                }
            }
        }
    }
}

/// Goes on with something that takes minutes and tells nothing until its end: how long it has taken is
/// shown on a terminal all the time, elsewhere by a line now and then.
pub(crate) async fn show_elapsed<T>(
    printer: Printer,
    what: &str,
    goes_on: impl Future<Output = T>,
) -> T {
    let (mut goes_on, began, mut ticker) = (pin!(goes_on), Instant::now(), Ticker::new(printer));
    let mut next = SILENCE;
    loop {
        tokio::select! {
            biased;
            ended = &mut goes_on => return ended,
            () = tokio::time::sleep(SILENCE / 4) => {
                let elapsed = began.elapsed();
                let line = || format!("{what}: {} s", elapsed.as_secs());
                if elapsed >= next && !ticker.is_shown() {
                    printer.talk(&line());
                    next += (elapsed * 2).min(LONGEST);
                } else if elapsed >= SILENCE {
                    ticker.tell(line);
                }
            }
        }
    }
}

/// Something that is waited for.
pub(crate) struct Wait<'w> {
    pub(crate) printer: Printer,
    /// What it is, in words.
    pub(crate) what: String,
    /// The calls to the service among it, where [`tell_silence`] sees them.
    pub(crate) service: Option<&'w SilenceClock>,
}
