//! What is said while a look at the world takes long.

use std::pin::pin;
use std::time::Duration;

use datalake_engine::Clock;
use futures::future::{Either, select};

use super::RotationPlace;

/// After how long a silence a person is told what is waited for.
const SILENCE: Duration = Duration::from_secs(2);

impl RotationPlace<'_> {
    /// Goes on with a look that tells nothing by itself; where it takes long, a line says what is
    /// waited for.
    pub(super) async fn tell_long_look<T>(&self, what: &str, look: impl Future<Output = T>) -> T {
        let tell = || (self.tell)(&format!("waiting for {what}"));
        tell_long_wait(self.context.clock, tell, look).await
    }
}

async fn tell_long_wait<T>(
    clock: &dyn Clock,
    tell: impl FnOnce(),
    look: impl Future<Output = T>,
) -> T {
    // The look is asked first: where it answers at once no clock is started.
    match select(pin!(look), clock.sleep(SILENCE)).await {
        Either::Left((seen, _)) => seen,
        Either::Right(((), look)) => {
            tell();
            look.await
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use datalake_engine::memory::PausedClock;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_look_that_takes_long_is_told_once_and_a_short_one_not_at_all() {
        let clock = PausedClock::new();
        for (seconds, expected) in [(0, 0), (1, 0), (3, 1), (90, 1)] {
            let told = Cell::new(0);
            let look = tokio::time::sleep(Duration::from_secs(seconds));

            tell_long_wait(&clock, || told.set(told.get() + 1), look).await;

            assert_eq!(told.get(), expected, "after {seconds} s");
        }
    }
}
