//! Which versions of Modal's client work.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::modal::name_upgrade_command;
use datalake_engine::InstalledModalClient;

/// The first client that can create, list and delete secrets.
const OLDEST: [u32; 3] = [1, 1, 2];

/// Refuses a client that is too old for anything, with the line to type.
pub(crate) fn require_usable(client: &InstalledModalClient) -> Result<(), Fault> {
    let InstalledModalClient { version, python, .. } = client;
    if read_version(version) >= OLDEST {
        return Ok(());
    }
    let detail = format!(
        "Modal's client {version} is too old: 1.1.2 is the first that can create, list and delete \
         secrets; type: {}",
        name_upgrade_command(python)
    );
    Err(Fault::new(FaultKind::Unsupported, detail))
}

fn read_version(text: &str) -> [u32; 3] {
    let mut parts = text.split(['.', 'a', 'b', 'r', '+']).map(str::parse);
    [(); 3].map(|()| parts.next().and_then(Result::ok).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_far_as_it_has_numbers() {
        for (text, expected) in [
            ("1.6.4", [1, 6, 4]),
            ("1.1.2", [1, 1, 2]),
            ("1.10.0", [1, 10, 0]),
            ("1.5.0.dev3", [1, 5, 0]),
            ("1.5.0rc1", [1, 5, 0]),
            ("0.73.5", [0, 73, 5]),
        ] {
            assert_eq!(read_version(text), expected, "{text}");
        }
    }
}
