//! A host and a service with a secret that must not get out.

use super::needle::Needle;
use super::watched::watched;
use crate::support::{Call, Host, KEY, Ran, Service};

/// A host, a service, and a secret to look for.
pub(super) struct Scene {
    pub(super) host: Host,
    pub(super) service: Service,
    pub(super) needle: Needle,
}

impl Scene {
    pub(super) fn new() -> Self {
        Self::with(Service::hetzner())
    }

    pub(super) fn with(service: Service) -> Self {
        Self { host: Host::with("seed-broken"), service, needle: Needle::of(KEY.secret) }
    }

    /// Runs it under watch, as text and as JSON, and looks everywhere.
    #[track_caller]
    pub(super) fn hides(&self, call: impl Fn() -> Call, code: i32) {
        self.look(&watched(call(), &self.needle).exits(code));
        self.look(&watched(call().arg("--json"), &self.needle).exits(code));
    }

    #[track_caller]
    pub(super) fn look(&self, ran: &Ran) {
        let found = self.needle.is_in(ran.stdout.as_bytes());
        assert!(!found, "on standard output:\n{}", ran.stdout);
        let found = self.needle.is_in(ran.stderr.as_bytes());
        assert!(!found, "on standard error:\n{}", ran.stderr);
        self.look_at_files();
    }

    #[track_caller]
    pub(super) fn look_at_files(&self) {
        let (copies, env_file) = (self.host.state().join("copies"), self.host.env_file());
        for (path, node) in self.host.tree().iter() {
            if self.needle.is_in(&node.content) {
                let path = self.host.root().join(path);
                assert!(path == env_file || path.starts_with(&copies), "in {}", path.display());
                assert!(node.is_private(), "{} may be read by others", path.display());
            }
        }
    }

    /// The whole road, there and back, with the key pair from `source`.
    #[track_caller]
    pub(super) fn hides_on_the_road(&self, source: impl Fn(Call) -> Call) {
        let bare = |words: &str| source(self.host.without_key(&self.service, words));
        self.hides(|| bare("provision --dry-run"), 3);
        self.look(&watched(bare("provision --yes"), &self.needle).exits(0));
        self.hides(|| bare("provision --yes"), 0);
        for words in ["status", "config show", "config explain"] {
            self.hides(|| bare(words), 0);
        }
        for words in ["history", "config paths"] {
            // They take no option for a key that they do not read.
            self.hides(|| self.host.without_key(&self.service, words), 0);
        }
        self.hides(|| bare("rollback --dry-run"), 3);
        self.look(&watched(bare("rollback --yes --json"), &self.needle).exits(0));
        self.hides(|| bare("rollback --yes"), 0);
    }
}
