//! Ways to folders, and the links on them.

use crate::fault::{Fault, FaultKind};

/// Why a way does not lead to a folder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WayFault {
    /// A link that is not followed.
    #[error("`{link}` is a symbolic link to `{target}`, and datalake does not follow it")]
    Link {
        /// Where it is.
        link: String,
        /// Where it leads.
        target: String,
    },
    /// A listed link that leads to what belongs to someone else.
    #[error(
        "`{link}` is listed in `host.links`, but its target `{target}` belongs to user {owner}"
    )]
    Foreign {
        /// Where it is.
        link: String,
        /// Where it leads.
        target: String,
        /// To whom that belongs.
        owner: u32,
    },
    /// A part that cannot be opened, or is not a folder.
    #[error("`{path}`")]
    At {
        /// The part.
        path: String,
        /// What is wrong with it.
        #[source]
        fault: Fault,
    },
}

impl WayFault {
    /// The same as a fault of a file.
    #[must_use]
    pub fn into_fault(self) -> Fault {
        match self {
            Self::At { path, fault } => {
                Fault { detail: format!("`{path}`: {}", fault.detail), ..fault }
            }
            Self::Link { link, target } => {
                let detail = format!("`{link}` is a symbolic link to `{target}`");
                Fault::new(FaultKind::NotPlain, detail)
            }
            foreign @ Self::Foreign { .. } => Fault::new(FaultKind::Denied, foreign.to_string()),
        }
    }
}
