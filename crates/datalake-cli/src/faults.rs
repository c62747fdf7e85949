//! What becomes of each kind of fault: an exit code, and what to do next.

use datalake_core::fault::{FaultKind, Target};
use datalake_operations::{advice_for, kind_of, kind_where_named};

use crate::advice::words_of;
use crate::exit::Exit;

/// What a kind of fault comes to at some places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultTold {
    /// Where it is met.
    pub places: Vec<&'static str>,
    /// The exit code of a command that ends with it.
    pub exit: Exit,
    /// What to do next.
    pub hint: Option<String>,
}

/// What `kind` comes to, place by place; places where it is the same stand together.
///
/// # Panics
///
/// Never: the samples of places are well formed.
#[must_use]
pub fn told(kind: FaultKind) -> Vec<FaultTold> {
    let mut told: Vec<FaultTold> = Vec::new();
    let mut tell = |place, exit, hint: Option<String>| match told
        .iter_mut()
        .find(|known| (known.exit, &known.hint) == (exit, &hint))
    {
        Some(known) => known.places.push(place),
        None => told.push(FaultTold { places: vec![place], exit, hint }),
    };
    for (place, target) in list_places() {
        tell(place, Exit::from(kind_of(kind, &target)), hint_of(kind, &target));
    }
    for (place, target) in named_places() {
        let exit = Exit::from(kind_where_named(kind, &target));
        if exit != Exit::from(kind_of(kind, &target)) {
            tell(place, exit, hint_of(kind, &target));
        }
    }
    told
}

/// `HostPaths` that are what a command is about.
fn named_places() -> impl Iterator<Item = (&'static str, Target)> {
    list_places().into_iter().filter_map(|(_, target)| match &target {
        Target::Bucket(_) => Some(("bucket that a command is about", target)),
        Target::Object(..) => Some(("object that a command is about", target)),
        Target::Service
        | Target::Access(_)
        | Target::Path(_)
        | Target::Secret(_)
        | Target::Services
        | Target::Timers
        | Target::Vault(_)
        | Target::App(_) => None,
    })
}

fn list_places() -> [(&'static str, Target); 10] {
    let well_formed = "a sample is well formed";
    let bucket = || "bucket".parse().expect(well_formed);
    let modal = || datalake_core::modal::ModalObject {
        name: "name".parse().expect(well_formed),
        environment: None,
    };
    [
        ("service", Target::Service),
        ("bucket", Target::Bucket(bucket())),
        ("policy", Target::Access(bucket())),
        ("object", Target::Object(bucket(), "key".parse().expect(well_formed))),
        ("file", Target::Path("/file".parse().expect(well_formed))),
        ("podman secret", Target::Secret("datalake-secret".parse().expect(well_formed))),
        ("services", Target::Services),
        ("timers", Target::Timers),
        ("Modal secret", Target::Vault(modal())),
        ("Modal app", Target::App(modal())),
    ]
}

/// What to do about it.
pub(crate) fn hint_of(kind: FaultKind, target: &Target) -> Option<String> {
    advice_for(kind, target).as_ref().map(words_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_is_about_and_is_not_there_has_a_code_of_its_own() {
        let absent: Vec<_> = told(FaultKind::Absent)
            .into_iter()
            .filter(|told| told.exit == Exit::Absent)
            .flat_map(|told| told.places)
            .collect();

        assert_eq!(absent, ["bucket that a command is about", "object that a command is about"]);
        assert!(told(FaultKind::Denied).iter().all(|told| told.exit == Exit::Denied));
    }
}
