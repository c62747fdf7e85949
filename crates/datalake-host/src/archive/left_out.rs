//! Links that an archive holds, and that lead out of it.

use std::path::{Component, Path};

/// Whether a link at `path` below a folder may lead out of that folder, as far as its text tells.
pub(super) fn leads_out(path: &Path, target: &Path) -> bool {
    let mut depth = path.components().count().saturating_sub(1);
    for part in target.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => return true,
            Component::CurDir => (),
            Component::Normal(_) => depth += 1,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return true,
            },
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, target: &str, expected: bool) {
        assert_eq!(leads_out(Path::new(path), Path::new(target)), expected, "{path} -> {target}");
    }

    #[test]
    fn only_a_link_that_stays_below_the_folder_hides_nothing() {
        check("storage", "/srv/storage", true);
        check("storage", "../storage", true);
        check("storage", "other", false);
        check("history/runs/index.db", "../index.db", false);
        check("history/runs/index.db", "../../index.db", false);
        check("history/runs/index.db", "../../../index.db", true);
        check("a", "b/../../c", true);
    }
}
