//! Contents at an even pace.
//!
//! The engine lets contents begin one after the other; here each of them is spread over its time,
//! in pieces that are small against a second.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use datalake_core::fault::Fault;
use datalake_core::size::ByteSize;
use datalake_core::transfer::Bandwidth;
use futures::Stream;
use time::OffsetDateTime;
use tokio::time::{Instant, Sleep, sleep_until};

/// The largest piece that goes at once.
pub(crate) const PIECE: usize = 128 * 1024;

/// Pieces a second, where the limit does not allow larger ones.
const PER_SECOND: u64 = 50;

/// What all contents of one direction may take together.
#[derive(Debug)]
pub(crate) struct DirectionPace {
    bandwidth: Bandwidth,
    /// Seconds that local time is ahead of UTC, for the timetable.
    utc_offset: i32,
    row: Mutex<SendingQueue>,
}

/// When the next piece may go.
#[derive(Debug, Default)]
struct SendingQueue {
    next: Option<Instant>,
}

/// The pace of one content.
#[derive(Debug)]
pub(crate) struct Paced {
    pace: Arc<DirectionPace>,
    /// A piece that has its place.
    granted: Option<usize>,
    wait: Option<Pin<Box<Sleep>>>,
}

/// A content that comes at a pace.
pub(crate) struct PacedStream<S> {
    chunks: S,
    current: Bytes,
    paced: Paced,
}

impl DirectionPace {
    pub(crate) fn new(bandwidth: Bandwidth, utc_offset: i32) -> Arc<Self> {
        Arc::new(Self { bandwidth, utc_offset, row: Mutex::default() })
    }

    fn current_limit(&self) -> Option<ByteSize> {
        let local = OffsetDateTime::now_utc().unix_timestamp() + i64::from(self.utc_offset);
        let second = u32::try_from(local.rem_euclid(24 * 60 * 60)).unwrap_or_default();
        self.bandwidth.at(second)
    }

    /// Takes a place for a piece of up to so many bytes: how many may go, and when.
    fn reserve(&self, wanted: usize) -> (usize, Option<Instant>) {
        let mut row = self.row.lock().unwrap_or_else(PoisonError::into_inner);
        match self.current_limit() {
            Some(limit) => row.reserve(Instant::now(), wanted, limit.0),
            None => {
                row.next = None;
                (wanted.min(PIECE), None)
            }
        }
    }
}

impl SendingQueue {
    fn reserve(&mut self, now: Instant, wanted: usize, limit: u64) -> (usize, Option<Instant>) {
        let piece = usize::try_from((limit / PER_SECOND).max(1)).unwrap_or(PIECE).min(PIECE);
        let bytes = wanted.min(piece);
        let place = self.next.map_or(now, |next| next.max(now));
        self.next = Some(place + time_of(bytes as u64, limit));
        (bytes, (place > now).then_some(place))
    }
}

impl Paced {
    pub(crate) fn new(pace: &Arc<DirectionPace>) -> Self {
        Self { pace: Arc::clone(pace), granted: None, wait: None }
    }

    /// How many of `wanted` bytes may go now; at least one, if any is wanted.
    pub(crate) fn poll_piece(&mut self, context: &mut Context<'_>, wanted: usize) -> Poll<usize> {
        let granted = match self.granted {
            Some(granted) => granted,
            None => {
                let (granted, at) = self.pace.reserve(wanted);
                self.granted = Some(granted);
                self.wait = at.map(|at| Box::pin(sleep_until(at)));
                granted
            }
        };
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(context));
        }
        (self.granted, self.wait) = (None, None);
        Poll::Ready(granted.min(wanted))
    }
}

impl<S> PacedStream<S> {
    pub(crate) fn new(chunks: S, pace: &Arc<DirectionPace>) -> Self {
        Self { chunks, current: Bytes::new(), paced: Paced::new(pace) }
    }
}

impl<S: Stream<Item = Result<Bytes, Fault>> + Unpin> Stream for PacedStream<S> {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while this.current.is_empty() {
            match ready!(Pin::new(&mut this.chunks).poll_next(context)) {
                Some(Ok(chunk)) => this.current = chunk,
                end => return Poll::Ready(end),
            }
        }
        let length = ready!(this.paced.poll_piece(context, this.current.len()));
        Poll::Ready(Some(Ok(this.current.split_to(length))))
    }
}

fn time_of(bytes: u64, per_second: u64) -> Duration {
    let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(per_second.max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use futures::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;

    use super::*;
    use crate::sending::PacedBody;

    const LIMIT: u64 = 1_000_000;

    fn pace_of(limit: &str) -> Arc<DirectionPace> {
        DirectionPace::new(limit.parse().unwrap(), 0)
    }

    /// The bytes of each tenth of a second.
    #[derive(Default)]
    struct Tenths(Vec<usize>);

    impl Tenths {
        fn note_piece(&mut self, began: Instant, bytes: usize) {
            let tenth = usize::try_from(began.elapsed().as_millis() / 100).unwrap();
            self.0.resize(self.0.len().max(tenth + 1), 0);
            self.0[tenth] += bytes;
        }

        #[track_caller]
        fn must_be_even(&self, total: usize) {
            let (last, all) = self.0.split_last().unwrap();
            let tenth = usize::try_from(LIMIT / 10).unwrap();
            assert_eq!(self.0.iter().sum::<usize>(), total);
            assert!(all.iter().all(|bytes| (tenth * 8 / 10..=tenth * 12 / 10).contains(bytes)));
            assert!(*last <= tenth * 12 / 10, "{:?}", self.0);
            assert!(self.0.len().abs_diff(total / tenth) <= 1, "{:?}", self.0);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_content_goes_out_evenly_within_a_second() {
        let pace = pace_of("1000000");
        let content = Bytes::from(vec![7; 2_500_000]);
        let mut body = PacedBody::paced(vec![content], Some(&pace));
        let (began, mut tenths) = (Instant::now(), Tenths::default());

        while let Some(frame) = body.frame().await {
            tenths.note_piece(began, frame.unwrap().into_data().unwrap().len());
        }

        tenths.must_be_even(2_500_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_content_comes_in_evenly_within_a_second() {
        let pace = pace_of("1000000");
        let chunks = vec![Ok(Bytes::from(vec![7; 128 * 1024])); 16];
        let mut content = PacedStream::new(stream::iter(chunks), &pace);
        let (began, mut tenths) = (Instant::now(), Tenths::default());

        while let Some(chunk) = content.next().await {
            tenths.note_piece(began, chunk.unwrap().len());
        }

        tenths.must_be_even(16 * 128 * 1024);
    }

    #[tokio::test(start_paused = true)]
    async fn contents_share_one_pace() {
        let pace = pace_of("1000000");
        let sent = |length| {
            let mut body = PacedBody::paced(vec![Bytes::from(vec![7; length])], Some(&pace));
            async move { while body.frame().await.is_some() {} }
        };
        let began = Instant::now();

        futures::future::join3(sent(300_000), sent(300_000), sent(400_000)).await;

        let took = began.elapsed();
        assert!(
            took > Duration::from_millis(900) && took < Duration::from_millis(1100),
            "{took:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_nothing_waits() {
        let mut body = PacedBody::paced(vec![Bytes::from(vec![7; 1 << 20])], Some(&pace_of("off")));
        let began = Instant::now();

        while body.frame().await.is_some() {}

        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
