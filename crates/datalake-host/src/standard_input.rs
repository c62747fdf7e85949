//! Standard input, read on a thread of its own: a read cannot be called off, and nobody waits for
//! it at the end.

use std::io::{self, Read as _};
use std::thread;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::ByteStream;
use futures::{StreamExt as _, stream};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// So much is read before it is passed on; as much is read ahead.
const BUFFER: usize = 1 << 20;

/// What the reader says. Only `End` is an end: a reader that falls silent is none.
enum InputNews {
    Content(Bytes),
    End,
    Broken(io::Error),
}

/// Reads standard input from now on, until it ends or nobody listens any more.
#[must_use]
pub fn read_standard_input() -> ByteStream<'static> {
    let (sender, receiver) = channel(1);
    let reader = thread::Builder::new().name("input".to_owned());
    match reader.spawn(move || read_all(io::stdin().lock(), &sender)) {
        Ok(_) => stream_news(receiver),
        Err(error) => stream::iter([Err(input_fault(&error))]).boxed(),
    }
}

fn read_all(mut input: impl io::Read, sender: &Sender<InputNews>) {
    loop {
        let mut buffer = Vec::with_capacity(BUFFER);
        let read = input.by_ref().take(BUFFER as u64).read_to_end(&mut buffer);
        let news = match read {
            Ok(0) => InputNews::End,
            Ok(_) => InputNews::Content(buffer.into()),
            Err(error) => InputNews::Broken(error),
        };
        let goes_on = matches!(news, InputNews::Content(_));
        if sender.blocking_send(news).is_err() || !goes_on {
            return;
        }
    }
}

fn stream_news(receiver: Receiver<InputNews>) -> ByteStream<'static> {
    let heard = stream::try_unfold(receiver, |mut receiver| async move {
        match receiver.recv().await {
            Some(InputNews::Content(buffer)) => Ok(Some((buffer, receiver))),
            Some(InputNews::End) => Ok(None),
            Some(InputNews::Broken(error)) => Err(input_fault(&error)),
            None => Err(Fault::new(FaultKind::Io, "it fell silent")),
        }
    });
    heard.boxed()
}

fn input_fault(error: &io::Error) -> Fault {
    Fault::new(FaultKind::Io, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of an input.
    async fn collect_news(input: impl io::Read + Send + 'static) -> Vec<Result<usize, FaultKind>> {
        let (sender, receiver) = channel(1);
        thread::spawn(move || read_all(input, &sender));
        let told = |heard: Result<Bytes, Fault>| match heard {
            Ok(buffer) => Ok(buffer.len()),
            Err(fault) => Err(fault.kind),
        };
        stream_news(receiver).map(told).collect().await
    }

    /// Gives a few bytes and then an error.
    struct Breaking(bool);

    impl io::Read for Breaking {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("gone"));
            }
            buffer.iter_mut().take(3).for_each(|byte| *byte = 7);
            Ok(3)
        }
    }

    #[tokio::test]
    async fn all_comes_until_the_end_and_a_break_is_none() {
        let long = io::repeat(7).take(2 * BUFFER as u64 + 5);

        assert_eq!(collect_news(io::empty()).await, []);
        assert_eq!(collect_news(long).await, [Ok(BUFFER), Ok(BUFFER), Ok(5)]);
        assert_eq!(collect_news(Breaking(false)).await, [Err(FaultKind::Io)]);
    }

    #[tokio::test]
    async fn a_reader_that_falls_silent_has_not_ended() {
        let (sender, receiver) = channel(1);
        drop(sender);

        let heard: Vec<_> = stream_news(receiver).collect().await;

        assert!(matches!(heard.as_slice(), [Err(fault)] if fault.kind == FaultKind::Io));
    }
}
