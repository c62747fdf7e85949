//! Which names in a folder of code are of interest.

/// Folders of programs that are not the operator's own.
const OTHERS: [&str; 5] = ["venv", "env", "node_modules", "site-packages", "__pycache__"];

/// Whether a file of this name is one of Python's.
#[must_use]
pub fn is_python_file(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ending == "py")
}

/// Whether a folder of this name may hold the operator's own code: no hidden one, and no
/// environment.
#[must_use]
pub fn may_hold_code(name: &str) -> bool {
    !name.contains('.') && !OTHERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_and_hidden_folders_hold_no_own_code() {
        assert!(is_python_file("a.py") && !is_python_file("a.pyc") && !is_python_file("py"));
        assert!(may_hold_code("defs"));
        for name in [".venv", "venv", "site-packages", "a.egg-info"] {
            assert!(!may_hold_code(name), "{name}");
        }
    }
}
