//! Lines that podman below 5.4 cannot read.

use std::fmt;

use crate::line::LineKind;
use crate::{PodmanVersion, UnitFile};

/// A line that an old podman stumbles over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hazard {
    /// What it is.
    pub kind: HazardKind,
    /// Its number, from 1.
    pub line: usize,
}

/// What an old podman stumbles over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HazardKind {
    /// A blank line inside a continued line: the generator never ends, and with it
    /// `systemctl daemon-reload` may not (4.6 to 5.3); 4.4 and 4.5 refuse the file.
    BlankInside,
    /// A comment inside a continued line: the file is refused, often silently, or the comment
    /// becomes a part of the value.
    CommentInside,
    /// A comment that begins with `;`: the file is refused.
    Semicolon,
}

/// Finds what keeps `podman` from reading `unit`; nothing from 5.4 on.
#[must_use]
pub fn find_hazards(unit: &UnitFile, podman: PodmanVersion) -> Vec<Hazard> {
    if podman.skips_comments_everywhere() {
        return Vec::new();
    }
    let mut hazards = Vec::new();
    for line in unit.lines() {
        let text = unit.text().get(line.range.clone()).unwrap_or_default();
        if line.kind == LineKind::Comment && text.trim_start().starts_with(';') {
            let line = unit.line_number(line.range.start);
            hazards.push(Hazard { kind: HazardKind::Semicolon, line });
        }
        for inner in &line.inner {
            let blank = unit.text().get(inner.clone()).is_none_or(|text| text.trim().is_empty());
            let kind = if blank { HazardKind::BlankInside } else { HazardKind::CommentInside };
            hazards.push(Hazard { kind, line: unit.line_number(inner.start) });
        }
    }
    hazards
}

impl HazardKind {
    /// What it does to a podman below 5.4.
    #[must_use]
    pub fn harm(self) -> &'static str {
        match self {
            Self::BlankInside => {
                "a blank line inside a continued line: podman below 5.4 may never finish reading it"
            }
            Self::CommentInside => {
                "a comment inside a continued line: podman below 5.4 refuses or misreads the file"
            }
            Self::Semicolon => "a comment with `;`: podman below 5.4 refuses the file",
        }
    }
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind.harm())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, expected: &[(usize, HazardKind)]) {
        let unit = UnitFile::parse("; a\n[Container]\n# b\n\nExec=c \\\n# d\n\n  e\nImage=f\n");
        let found = find_hazards(&unit, version.parse().unwrap());
        let found: Vec<_> = found.iter().map(|hazard| (hazard.line, hazard.kind)).collect();
        assert_eq!(found, expected, "{version}");
    }

    #[test]
    fn comments_and_blanks_in_a_continued_line_are_told_below_5_4() {
        let all = [
            (1, HazardKind::Semicolon),
            (6, HazardKind::CommentInside),
            (7, HazardKind::BlankInside),
        ];
        check("4.4.0", &all);
        check("5.3.2", &all);
        check("5.4.0", &[]);
    }
}
