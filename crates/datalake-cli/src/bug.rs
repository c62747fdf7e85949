//! What becomes of a panic: one sentence and exit code 70.

use std::io::{self, Write};
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Whether anything has panicked, on whatever thread.
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// Runs the program, and tells a panic in it in one sentence.
pub(crate) fn with_one_sentence(program: impl FnOnce() -> Exit + UnwindSafe) -> Exit {
    let usual = panic::take_hook();
    let traces = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    panic::set_hook(Box::new(move |info| {
        HAS_PANICKED.store(true, Ordering::SeqCst);
        // Standard error may be closed: a panic in here would end the process without a word.
        let _ = writeln!(io::stderr().lock(), "{}", describe_panic(info));
        if traces {
            usual(info);
        }
    }));
    let ended = panic::catch_unwind(program);
    match ended {
        Ok(exit) if !HAS_PANICKED.load(Ordering::SeqCst) => exit,
        Ok(_) | Err(_) => Exit::Bug,
    }
}

/// A text that was put together may hold anything, a secret too; one from the source holds none.
fn describe_panic(info: &PanicHookInfo<'_>) -> String {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let what = info.payload().downcast_ref::<&'static str>().copied();
    sentence_of(&place, what)
}

fn sentence_of(place: &str, what: Option<&str>) -> String {
    let what = what.map(|what| format!(": {what}")).unwrap_or_default();
    format!("error: this is a bug in datalake, at {place}{what}; please report it with this line")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_place() {
        assert_eq!(
            sentence_of("src/a.rs:1:2", Some("attempt to add with overflow")),
            "error: this is a bug in datalake, at src/a.rs:1:2: attempt to add with overflow; please \
             report it with this line"
        );
        assert_eq!(
            sentence_of("src/a.rs:1:2", None),
            "error: this is a bug in datalake, at src/a.rs:1:2; please report it with this line"
        );
    }
}
