//! Marked blocks inside a unit file, for podman 4.4 to 4.9.

mod removal;

use datalake_core::host::HostPath;

use crate::drop_in::{env_file_line, pass_on_lines};
use crate::edit::{Edited, RangeEdit, TextPart};
use crate::line::{LineKind, UnitLine};
use crate::{UnitFile, Unwritable};

pub use removal::remove_blocks;

/// The comments round a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Markers {
    /// How the first line of a block begins.
    pub begin: &'static str,
    /// The last line of a block.
    pub end: &'static str,
}

/// The comments round the blocks of this program.
pub const MARKERS: Markers = Markers { begin: "# datalake: begin", end: "# datalake: end" };

const NAMES_NOTE: &str = " (names only, the values come from [Service] EnvironmentFile=)";

/// Why blocks can be neither put in nor taken out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// A value cannot be in a unit file.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    /// There is nothing to add the names to.
    #[error("the unit has no `[Container]` section")]
    NoContainer,
    /// A block has lost its first or last line.
    #[error("line {line} is one of a pair of `# datalake:` markers, and the other is missing")]
    Unpaired {
        /// The number of the marker's line, from 1.
        line: usize,
    },
}

/// Puts in the blocks that pass the variables `names` on from `env_file`, in place of those that
/// are there.
///
/// # Errors
///
/// [`BlockError`] where the result would not be read as meant.
pub fn insert_blocks(
    unit: &UnitFile,
    env_file: &HostPath,
    names: &[&str],
) -> Result<Edited, BlockError> {
    let bare = remove_blocks(unit)?;
    let filled = bare.then(&insert_into_bare(&bare.unit(), env_file, names)?);
    let same = filled.text() == unit.text();
    Ok(if same { Edited::unchanged(unit) } else { filled })
}

fn insert_into_bare(
    unit: &UnitFile,
    env_file: &HostPath,
    names: &[&str],
) -> Result<Edited, BlockError> {
    let names_at = after_last(unit, |line| match &line.kind {
        LineKind::Section(name) => name == "Container",
        LineKind::Entry(entry) => entry.section == "Container",
        _ => false,
    });
    let mut names_block = vec![format!("{}{NAMES_NOTE}", MARKERS.begin)];
    names_block.extend(pass_on_lines(names)?);
    names_block.push(MARKERS.end.to_owned());
    let names = make_insertion(unit, names_at.ok_or(BlockError::NoContainer)?, &names_block);

    let mut file_block = vec![MARKERS.begin.to_owned(), env_file_line(env_file)?];
    file_block.push(MARKERS.end.to_owned());
    let file_at = env_file_place(unit).unwrap_or_else(|| {
        file_block.insert(1, "[Service]".to_owned());
        new_section_place(unit)
    });
    let file = make_insertion(unit, file_at, &file_block);

    // At one place the names come first: they belong to the section above.
    let mut changes = vec![names, file];
    changes.sort_by_key(|change| change.range.start);
    Ok(Edited::new(unit, changes))
}

/// The place behind the last of the lines that `fits`, where a line can be added.
fn after_last(unit: &UnitFile, fits: impl Fn(&UnitLine) -> bool) -> Option<usize> {
    let found = unit.lines().iter().rfind(|line| !line.dangling && fits(line))?;
    Some(found.range.end)
}

/// Below the first header of `[Service]`, or below a line that would drop the block's.
fn env_file_place(unit: &UnitFile) -> Option<usize> {
    let reset = after_last(unit, |line| match &line.kind {
        LineKind::Entry(entry) => {
            entry.section == "Service" && entry.key == "EnvironmentFile" && entry.value.is_empty()
        }
        _ => false,
    });
    let is_header = |line: &&UnitLine| match &line.kind {
        LineKind::Section(name) => name == "Service" && !line.dangling,
        _ => false,
    };
    reset.or_else(|| unit.lines().iter().find(is_header).map(|line| line.range.end))
}

/// The end of the file, or its first header where the end would swallow what is added.
fn new_section_place(unit: &UnitFile) -> usize {
    if unit.lines().last().is_none_or(|line| !line.dangling) {
        return unit.text().len();
    }
    let header = unit.lines().iter().find(|line| matches!(line.kind, LineKind::Section(_)));
    header.map_or(0, |line| line.range.start)
}

fn make_insertion(unit: &UnitFile, at: usize, lines: &[String]) -> RangeEdit {
    let ending = unit.line_ending();
    let block = lines.join(ending);
    let before = unit.text().get(..at).unwrap_or_default();
    let text = if before.is_empty() || before.ends_with('\n') {
        format!("{block}{ending}")
    } else {
        format!("{ending}{block}")
    };
    RangeEdit { range: at..at, parts: vec![TextPart::Text(text)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV_FILE: &str = "/etc/s3.env";

    fn inserted(text: &str, names: &[&str]) -> Result<Edited, BlockError> {
        insert_blocks(&UnitFile::parse(text), &ENV_FILE.parse().unwrap(), names)
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let expected = expected
            .replace("<names>", "# datalake: begin (names only, the values come from [Service] EnvironmentFile=)\nPodmanArgs=--env=A\n# datalake: end")
            .replace("<file>", "# datalake: begin\nEnvironmentFile=-/etc/s3.env\n# datalake: end")
            .replace("<service>", "# datalake: begin\n[Service]\nEnvironmentFile=-/etc/s3.env\n# datalake: end");
        let edited = inserted(text, &["A"]).unwrap();
        assert_eq!(edited.text(), expected);
        assert_eq!(remove_blocks(&edited.unit()).unwrap().text(), text);
    }

    #[test]
    fn blocks_stand_where_nothing_drops_or_swallows_them() {
        check(
            "[Container]\nImage=a\n\n[Service]\nRestart=no\n",
            "[Container]\nImage=a\n<names>\n\n[Service]\n<file>\nRestart=no\n",
        );
        check(
            "[Service]\nEnvironmentFile=\nRestart=no\n[Container]\nImage=a\n# c\n",
            "[Service]\nEnvironmentFile=\n<file>\nRestart=no\n[Container]\nImage=a\n<names>\n# c\n",
        );
        check("[Container]\nImage=a", "[Container]\nImage=a\n<names>\n<service>");
        check("[Container]", "[Container]\n<names>\n<service>");
        check(
            "# c\n[Container]\nImage=a\nExec=b \\",
            "# c\n<service>\n[Container]\nImage=a\n<names>\nExec=b \\",
        );
    }

    #[test]
    fn a_file_of_crlf_lines_gets_crlf_lines() {
        let edited = inserted("[Container]\r\nImage=a\r\n[Service]\r\n", &["A"]).unwrap();

        assert!(
            edited.text().lines().count() == 9 && !edited.text().replace("\r\n", "").contains('\n')
        );
    }

    #[test]
    fn a_second_insert_changes_nothing_and_other_names_replace_the_block() {
        let once = inserted("[Container]\nImage=a", &["A", "B"]).unwrap();

        let again = inserted(once.text(), &["A", "B"]).unwrap();
        let other = inserted(once.text(), &["C"]).unwrap();

        assert_eq!(again, Edited::unchanged(&once.unit()));
        assert_eq!(other.text(), inserted("[Container]\nImage=a", &["C"]).unwrap().text());
    }

    #[test]
    fn lines_that_others_added_stay() {
        let edited = inserted("[Container]\nImage=a\n", &["A"]).unwrap();
        let grown =
            edited.text().replace("--env=A\n", "--env=A\nPodmanArgs=--tz=UTC\n") + "Restart=no\n";

        let bare = remove_blocks(&UnitFile::parse(&grown)).unwrap();

        let kept = "[Container]\nImage=a\nPodmanArgs=--tz=UTC\n[Service]\nRestart=no\n";
        assert_eq!(bare.text(), kept);
    }

    #[test]
    fn half_a_block_is_told_by_line() {
        let unpaired = |text| remove_blocks(&UnitFile::parse(text)).err();

        assert_eq!(unpaired("a\n# datalake: end\n"), Some(BlockError::Unpaired { line: 2 }));
        assert_eq!(unpaired("# datalake: begin (x)\n"), Some(BlockError::Unpaired { line: 1 }));
        assert_eq!(unpaired("# datalake: beginning\n"), None);
        assert_eq!(inserted("[Pod]\n", &["A"]), Err(BlockError::NoContainer));
    }
}
