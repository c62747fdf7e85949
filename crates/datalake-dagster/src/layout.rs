//! The names of Dagster's local storage, and the keys under which the S3 I/O manager looks for them.
//!
//! The default I/O manager writes the pickle of an asset to its key's parts below a folder, and the
//! S3 one to the same parts below its prefix. Outputs of ops and logs of steps lie below the ids of
//! their runs, and get `storage/` before it.

/// Whether a name is the id of a run: a UUID.
#[must_use]
pub fn is_run_id(name: &str) -> bool {
    let groups: Vec<_> = name.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && name.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// The path of an op's output as the S3 I/O manager has it, below `storage/`: the step `o2[a]` is
/// called `o2--a` there.
///
/// ```
/// let run = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";
/// let there = datalake_dagster::op_output_there(&format!("{run}/o2[a]/result"));
/// assert_eq!(there, format!("{run}/o2--a/result"));
/// ```
#[must_use]
pub fn op_output_there(path: &str) -> String {
    let Some((run, rest)) = path.split_once('/') else { return path.to_owned() };
    let (step, output) = rest.split_once('/').unwrap_or((rest, ""));
    format!("{run}/{}/{output}", step.replace('[', "--").replace(']', ""))
}

/// The way back of [`op_output_there`]. Names of steps and of mapped keys hold no hyphens, so `--`
/// stands only where a bracket was.
#[must_use]
pub fn op_output_here(path: &str) -> String {
    let Some((run, rest)) = path.split_once('/') else { return path.to_owned() };
    let (step, output) = rest.split_once('/').unwrap_or((rest, ""));
    let mut pieces = step.split("--");
    let mut here = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (key, behind) = piece.split_at(piece.find('.').unwrap_or(piece.len()));
        here.push_str(&format!("[{key}]{behind}"));
    }
    format!("{run}/{here}/{output}")
}

/// What lies beside the pickles in `DAGSTER_HOME`, by its first part: why a migration leaves it.
#[must_use]
pub fn stays_in_home(name: &str) -> Option<&'static str> {
    match name {
        "history" => Some("databases of runs and events"),
        "schedules" => Some("the database of schedules and sensors"),
        "dagster.yaml" | "workspace.yaml" | ".env" | "dg.toml" => Some("configuration"),
        ".telemetry" => Some("telemetry"),
        ".nux" => Some("notes of the web interface"),
        "logs" => Some("logs"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b21";

    #[test]
    fn a_run_id_is_a_uuid_and_nothing_else() {
        assert!(is_run_id(RUN));
        for name in ["", "orders", "0e1f6c4e", "0e1f6c4e-9d1b-4f6c-8a53-0c9d8f5a7b2z"] {
            assert!(!is_run_id(name), "{name:?}");
        }
    }

    #[test]
    fn a_step_of_a_dynamic_output_gets_its_name_on_s3() {
        let there = |path: &str| op_output_there(&path.replace("RUN", RUN)).replace(RUN, "RUN");

        assert_eq!(there("RUN/o1/result"), "RUN/o1/result");
        assert_eq!(there("RUN/o2[a]/result"), "RUN/o2--a/result");
        assert_eq!(there("RUN/g.o2[a_1]/result/m"), "RUN/g.o2--a_1/result/m");
        assert_eq!(there("RUN/o1/[x]"), "RUN/o1/[x]", "only steps are renamed");
        for path in ["RUN/o1/r", "RUN/o2[a]/r/m", "RUN/g.o2[a_1]/r", "RUN/g[b].o[c].x/r"] {
            assert_eq!(op_output_here(&op_output_there(path)), path);
        }
    }
}
