//! Which files of its home Dagster lives on.

/// Folders below the home that hold what happened, the schedules, and the pickles.
const FOLDERS: [&str; 3] = ["history", "schedules", "storage"];
/// Files right in the home.
const FILES: [&str; 2] = ["dagster.yaml", "workspace.yaml"];

/// Whether what lies at `path`, which counts from Dagster's home, is what Dagster lives on: a
/// database, a setting, or something in the folders that it keeps. `more` are folders that
/// `dagster.yaml` names besides.
///
/// ```
/// use datalake_dagster::is_own_state;
///
/// assert!(is_own_state("history/runs/index.db", &[]));
/// assert!(is_own_state("pickles/raw/orders", &["pickles"]));
/// assert!(!is_own_state("run/notify.sock", &[]));
/// ```
#[must_use]
pub fn is_own_state(path: &str, more: &[&str]) -> bool {
    let is_below = |folder: &&str| {
        let rest = path.strip_prefix(*folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let ending = path.rsplit_once('.').map(|(_, ending)| ending);
    FILES.contains(&path)
        || ending == Some("db")
        || FOLDERS.iter().any(is_below)
        || more.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_settings_and_dagsters_folders_are_its_own() {
        for path in ["history", "history/runs.db", "schedules/x", "storage", "own.db"] {
            assert!(is_own_state(path, &[]), "{path}");
        }
        for path in ["dagster.yaml", "workspace.yaml"] {
            assert!(is_own_state(path, &[]), "{path}");
        }
        for path in ["historyx", "tmp/a.sock", "x/dagster.yaml", "pickles/a"] {
            assert!(!is_own_state(path, &[]), "{path}");
        }
    }
}
