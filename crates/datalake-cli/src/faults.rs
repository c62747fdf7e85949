//! What becomes of each kind of fault: an exit code, and what to do next.

use datalake_core::{FaultKind, Target};

use crate::exit::Exit;

/// What to do about an object that is not there.
pub(crate) const GONE: &str = "`datalake ls --versions KEY` shows whether it was deleted";

/// What a kind of fault comes to at some places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultTold {
    /// Where it is met.
    pub places: Vec<&'static str>,
    /// The exit code of a command that ends with it.
    pub exit: Exit,
    /// What to do next.
    pub hint: Option<&'static str>,
}

/// What `kind` comes to, place by place; places where it is the same stand together.
///
/// # Panics
///
/// Never: the samples of places are well formed.
#[must_use]
pub fn told(kind: FaultKind) -> Vec<FaultTold> {
    let mut told: Vec<FaultTold> = Vec::new();
    let mut tell = |place, exit, hint| match told
        .iter_mut()
        .find(|known| (known.exit, known.hint) == (exit, hint))
    {
        Some(known) => known.places.push(place),
        None => told.push(FaultTold { places: vec![place], exit, hint }),
    };
    for (place, target) in places() {
        tell(place, exit_of(kind, &target), hint_of(kind, &target));
    }
    for (place, target) in named_places() {
        let exit = exit_where_named(kind, &target);
        if exit != exit_of(kind, &target) {
            tell(place, exit, hint_of(kind, &target));
        }
    }
    told
}

/// Places that are what a command is about.
fn named_places() -> impl Iterator<Item = (&'static str, Target)> {
    places().into_iter().filter_map(|(_, target)| match &target {
        Target::Bucket(_) => Some(("bucket that a command is about", target)),
        Target::Object(..) => Some(("object that a command is about", target)),
        _ => None,
    })
}

fn places() -> [(&'static str, Target); 8] {
    let well_formed = "a sample is well formed";
    let bucket = || "bucket".parse().expect(well_formed);
    let modal = || datalake_core::ModalObject {
        name: "name".parse().expect(well_formed),
        environment: None,
    };
    [
        ("service", Target::Service),
        ("bucket", Target::Bucket(bucket())),
        ("object", Target::Object(bucket(), "key".parse().expect(well_formed))),
        ("file", Target::Path("/file".parse().expect(well_formed))),
        ("podman secret", Target::Secret("datalake-secret".parse().expect(well_formed))),
        ("services", Target::Services),
        ("Modal secret", Target::Vault(modal())),
        ("Modal app", Target::App(modal())),
    ]
}

/// The exit code of each kind of fault.
pub(crate) fn exit_of(kind: FaultKind, target: &Target) -> Exit {
    match kind {
        FaultKind::Unreadable if matches!(target, Target::Path(_)) => Exit::Io,
        FaultKind::Refused if matches!(target, Target::Vault(_) | Target::App(_)) => Exit::Config,
        FaultKind::UnknownAccessKey
        | FaultKind::WrongSecret
        | FaultKind::WrongLogin
        | FaultKind::Denied => Exit::Denied,
        FaultKind::ClockSkew
        | FaultKind::WrongRegion
        | FaultKind::TakenBucket
        | FaultKind::Unsupported
        | FaultKind::NotPlain
        | FaultKind::NoManager
        | FaultKind::NoClient
        | FaultKind::NoLogin
        | FaultKind::HoldsTables
        | FaultKind::Absent => Exit::Config,
        FaultKind::Throttled | FaultKind::Damaged => Exit::TryAgain,
        FaultKind::DiskFull | FaultKind::ReadOnly | FaultKind::Io | FaultKind::TooLarge => Exit::Io,
        FaultKind::Disturbed | FaultKind::NotEmpty => Exit::Mismatch,
        _ => Exit::Unavailable,
    }
}

/// The exit code of a command that is about `target`: what is not there is an answer.
pub(crate) fn exit_where_named(kind: FaultKind, target: &Target) -> Exit {
    if kind == FaultKind::Absent { Exit::Absent } else { exit_of(kind, target) }
}

/// What to do about it.
pub(crate) fn hint_of(kind: FaultKind, target: &Target) -> Option<&'static str> {
    match (kind, target) {
        (FaultKind::Absent, _) => hint_of_absence(target),
        (FaultKind::HoldsTables, _) => Some(
            "keep tables in a bucket of their own that never had versions; for this one set \
             `protect: { versioning: false }`",
        ),
        _ => hint_of_modal(kind, target)
            .or_else(|| hint_of_programs(kind))
            .or_else(|| hint_of_place(kind, target)),
    }
}

/// What to do about something that is not there.
fn hint_of_absence(target: &Target) -> Option<&'static str> {
    match target {
        Target::Bucket(_) => Some(
            "`datalake bucket list` tells what there is; a bucket is seen in its own location only",
        ),
        Target::Object(..) => Some(GONE),
        _ => None,
    }
}

/// What to do about a fault of Modal or its client.
fn hint_of_modal(kind: FaultKind, target: &Target) -> Option<&'static str> {
    Some(match (kind, target) {
        (FaultKind::NoClient, _) => {
            "install it (`pipx install modal`), name its program (`modal: { client: /PATH/bin/modal }`), \
             or the unit in whose container it is (`modal: { container: UNIT }`)"
        }
        (FaultKind::NoLogin, _) => {
            "set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET (`sudo -E` keeps them), or run `modal setup` \
             once as the user that runs this; `datalake modal check` tells what is in use"
        }
        (FaultKind::WrongLogin, _) => {
            "tokens can expire: `datalake modal check` tells which one is in use; the environment \
             wins over ~/.modal.toml"
        }
        (FaultKind::Refused, Target::Vault(_)) => "nothing was changed in Modal",
        (FaultKind::Unsupported, Target::Vault(_)) => {
            "update Modal's client to 1.3.5 or newer; or add --replace, if nobody else has variables in \
             this secret"
        }
        (FaultKind::Disturbed, Target::Vault(_)) => {
            "look with `datalake modal secret status`, and run it again"
        }
        (FaultKind::Unreachable, Target::Vault(_) | Target::App(_)) => {
            "check the network, HTTPS_PROXY and MODAL_SERVER_URL; https://status.modal.com"
        }
        _ => return None,
    })
}

/// What to do about a program of the host, or one in a container.
fn hint_of_programs(kind: FaultKind) -> Option<&'static str> {
    match kind {
        FaultKind::NoProgram => Some("install it, or add its folder to PATH"),
        FaultKind::LogsUnproved => {
            Some("does the image have dagster-aws? `datalake dagster deps plan` tells")
        }
        FaultKind::NoManager => Some(
            "let it run without a login: `sudo loginctl enable-linger USER`, then the same again",
        ),
        _ => None,
    }
}

/// What to do about a fault of the service, the host or its services.
fn hint_of_place(kind: FaultKind, target: &Target) -> Option<&'static str> {
    Some(match (kind, target) {
        (FaultKind::UnknownAccessKey, _) => {
            "compare the id with the project's Security > S3 credentials; a new key can take a \
             minute to be known everywhere"
        }
        (FaultKind::WrongSecret, _) => {
            "the secret is shown only once, when the key is made: make a new key if it is lost"
        }
        (FaultKind::ClockSkew, _) => {
            "set the clock: `timedatectl set-ntp true`, then `timedatectl status`"
        }
        (FaultKind::WrongRegion, _) => {
            "set `region:` to what the endpoint serves; at Hetzner it is the endpoint's first label"
        }
        (FaultKind::TakenBucket, _) => {
            "choose another name, for example with your company's name in front"
        }
        (FaultKind::Denied, Target::Bucket(_) | Target::Object(..)) => {
            "bucket names are shared by all customers: either this one is taken by someone else, \
             or a bucket policy refuses this key"
        }
        (FaultKind::Denied, Target::Path(_)) => "run it as root or as the service user",
        (FaultKind::Unsupported, Target::Secret(_)) => {
            "podman's secrets are changed on the machine itself, by root or the service user"
        }
        (FaultKind::Unsupported, Target::Services) => "leave the services alone: --no-restart",
        (FaultKind::Unreachable, Target::Secret(_)) => {
            "`datalake dagster status` tells what can be seen of podman"
        }
        (FaultKind::Unreachable, Target::Services) => {
            "`datalake dagster status` tells what can be seen; --no-restart leaves the services alone"
        }
        (FaultKind::Unsupported, _) => "switch it off below `protect:` in datalake.yaml",
        (FaultKind::NotPlain, _) => {
            "datalake never writes through a link or to a device: put a plain file or folder there"
        }
        (FaultKind::NotEmpty, _) => {
            "look with `datalake ls --versions` and `datalake bucket uploads list`; `datalake bucket \
             delete --empty` deletes all that is in it, too"
        }
        (FaultKind::Damaged, _) => {
            "nothing was stored: run it again; if it stays so, a proxy on the way changes what is sent"
        }
        (FaultKind::Throttled, _) => "wait a minute and run the same command again",
        (FaultKind::Unreadable, Target::Service) => "is `endpoint:` the address of an S3 service?",
        (FaultKind::Unreachable, _) => "check `endpoint:`, the network and the proxy variables",
        (FaultKind::DiskFull, _) => "free some space and run the same command again",
        (FaultKind::TooLarge, _) => {
            "look at what lies there: what datalake reads whole is far smaller"
        }
        (FaultKind::ReadOnly, _) => "mount the file system for writing and run it again",
        (FaultKind::Disturbed, _) => {
            "compare it with what `datalake history` shows; undo the edit, or keep it and undo the \
             rest by hand"
        }
        _ => return None,
    })
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
