//! I/O managers in code that keep files elsewhere than `dagster.yaml` says.

/// A line of Python that may keep files of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnStorage {
    /// The number of the line, from 1.
    pub line: usize,
    /// The line without the spaces around it.
    pub text: String,
}

/// Words that tell of an I/O manager whose files lie where code says.
const WORDS: [&str; 6] = [
    "FilesystemIOManager(",
    "fs_io_manager",
    "UPathIOManager",
    "PickledObjectFilesystemIOManager(",
    "ConfigurableIOManager)",
    "io_manager(",
];

/// The lines of a Python source that may keep files elsewhere. Code is read as text and never run:
/// what it does is not known.
///
/// ```
/// let found = datalake_dagster::own_storage("io = FilesystemIOManager(base_dir=\"/data\")\n");
/// assert_eq!(found[0].line, 1);
/// ```
#[must_use]
pub fn own_storage(source: &str) -> Vec<OwnStorage> {
    let lines = source.lines().enumerate().filter(|(_, line)| {
        let code = line.split('#').next().unwrap_or_default();
        !code.trim_start().starts_with("from ")
            && !code.trim_start().starts_with("import ")
            && WORDS.iter().any(|word| code.contains(word))
    });
    lines.map(|(at, line)| OwnStorage { line: at + 1, text: line.trim().to_owned() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_that_makes_a_manager_is_told() {
        let source = "from dagster import FilesystemIOManager, UPathIOManager\n\
                      # fs_io_manager\n\
                      x = 1\n\
                      io = dg.FilesystemIOManager(\n    base_dir='/data')\n\
                      class Mine(UPathIOManager):\n";

        let lines: Vec<_> = own_storage(source).iter().map(|found| found.line).collect();

        assert_eq!(lines, [4, 6]);
    }
}
