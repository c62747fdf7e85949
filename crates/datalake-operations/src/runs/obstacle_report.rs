//! What stands in the way of a provision, for programs.

use datalake_quadlet::{Obstacle, ObstacleKind};
use schemars::JsonSchema;
use serde::Serialize;

/// A line of a file because of which `provision` stops.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObstacleReport {
    /// The file.
    pub path: String,
    /// The line, counted from 1; `null` where the whole file is meant.
    pub line: Option<usize>,
    /// The file, the line and what it does, as a sentence.
    pub what: String,
    /// What clears it away.
    pub cure: String,
    /// Whether it undoes the settings, and does not only need what would go.
    pub undoes: bool,
}

impl ObstacleReport {
    /// What was found in the way.
    #[must_use]
    pub fn of(obstacle: &Obstacle) -> Self {
        Self {
            path: obstacle.path.to_string(),
            line: obstacle.line,
            what: obstacle.to_string(),
            cure: obstacle.hint(),
            undoes: matches!(obstacle.kind, ObstacleKind::Undoes { .. }),
        }
    }
}
