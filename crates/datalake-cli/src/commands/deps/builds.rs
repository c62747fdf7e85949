//! Builds as people see them.

use std::collections::VecDeque;
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};

use datalake_engine::ImageName;
use datalake_operations::DagsterHost;
use datalake_operations::dependencies::{BuildMaterials, BuildReporter, WantedImage, build_image};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Printer;
use crate::stop::{Charge, asked};

/// How many of its last lines are shown of a build that fails.
const TAIL: usize = 30;

/// Builds an image, unless the operator stops it.
pub(super) async fn build_and_show(
    wanted: &WantedImage<'_>,
    materials: &BuildMaterials,
    printer: Printer,
    ground: &DagsterHost,
) -> Result<(), Failure> {
    let is_watched = std::io::stderr().is_terminal();
    let reporter = ShownBuild { printer, is_watched, tail: Mutex::default() };
    let _charge = Charge::take();
    tokio::select! {
        built = build_image(wanted, materials, ground.images(), &reporter) => Ok(built?),
        () = asked() => Err(Failure::new(Exit::Interrupted, "stopped while the image was built")
            .hint("nothing was changed: the services go on with the image they have")),
    }
}

/// A build whose lines are shown as they come, or at its end where it fails and nobody watches.
struct ShownBuild {
    printer: Printer,
    is_watched: bool,
    tail: Mutex<VecDeque<String>>,
}

impl BuildReporter for ShownBuild {
    fn begin(&self, image: &ImageName) {
        self.printer.talk(&format!("\nBuilding {image}, unless it is there:"));
    }

    fn tell_line(&self, line: String) {
        if self.is_watched {
            return self.printer.talk(&format!("  {line}"));
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.push_back(line);
        let beyond = tail.len().saturating_sub(TAIL);
        tail.drain(..beyond);
    }

    fn end(&self) {
        self.printer.talk("  Dagster is as before, and all can be imported");
    }

    fn fail(&self, last_words: &[String]) {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        tail.iter().chain(last_words).for_each(|line| self.printer.talk(&format!("  {line}")));
    }
}
