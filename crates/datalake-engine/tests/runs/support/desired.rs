//! What is wanted of the world.

use std::collections::BTreeSet;

use datalake_core::host::FileState;
use datalake_core::modal::AskedContent;
use datalake_core::plan::{
    Desired, DesiredBucket, DesiredFile, DesiredFolder, DesiredSecret, DesiredServices,
    DesiredVault, Unwanted,
};
use datalake_core::secret::{FileBody, Piece, SecretName};

use super::*;

impl World {
    /// What is wanted of it: a bucket, its settings, a secret, a changed and a new file, nothing
    /// left over, services that have read the new file, and the changed file's lines in Modal.
    ///
    /// `line` goes into the changed file, and its length into the settings.
    pub(crate) fn desired(&self, line: &str) -> Desired {
        let env = [Piece::text("KEY="), Piece::Secret(SecretName::SecretAccessKey)];
        let conf = [Piece::Kept(0..4), Piece::text(line)];
        let keep = Days::new(u32::try_from(line.len()).unwrap()).unwrap();
        let files = vec![
            self.desired_file("/srv/app.conf", FileBody::new(conf)),
            self.desired_file(ENV_FILE, FileBody::new(env)),
        ];
        let up = ServiceState::UpWith(files[1].file.content);
        let states = UNITS.map(|unit| (unit.parse().unwrap(), up)).into_iter().collect();
        Desired {
            bucket: DesiredBucket {
                name: bucket(),
                versioning: true,
                lifecycle: Lifecycle::protection(Some(keep), None),
            },
            tables: None,
            probe: "assets/.probe".parse().unwrap(),
            folders: ["/srv", "/srv/datalake"]
                .map(|text| DesiredFolder {
                    path: path(text),
                    mode: Mode::PRIVATE_FOLDER,
                    owner: OWNER,
                })
                .to_vec(),
            secrets: vec![self.desired_secret()],
            files,
            absent: vec![unwanted(path(LEFT_OVER))],
            absent_secrets: vec![unwanted(SECRETS[1].parse().unwrap())],
            services: Some(DesiredServices { states, proved: Vec::new(), is_owed: false }),
            log_manager: None,
            vault: Some(self.desired_vault(line)),
        }
    }

    /// What is wanted in Modal; of what was there earlier a copy is kept, or will be.
    pub(crate) fn desired_vault(&self, line: &str) -> DesiredVault {
        let lines = format!("old\n{line}");
        let history = self.history();
        let copy = |print: &Fingerprint| {
            let copy = Records(&self.state).copy(*print, &self.fingerprints);
            (*print, copy.ok().map(|_| *print))
        };
        let mut earlier: BTreeMap<_, _> =
            history.vault_contents(&modal("hetzner-s3")).iter().map(copy).collect();
        if let Some(now) = self.content("/srv/app.conf") {
            let print = self.fingerprints.of(now.as_bytes());
            earlier.insert(print, Some(print));
        }
        DesiredVault {
            secret: modal("hetzner-s3"),
            print: self.fingerprints.of(lines.as_bytes()),
            body: FileBody::new([Piece::text(lines)]),
            earlier,
            apps: vec![modal("dagster-compute")],
            owed: BTreeSet::new(),
        }
    }

    fn desired_secret(&self) -> DesiredSecret {
        DesiredSecret {
            name: SECRETS[0].parse().unwrap(),
            body: FileBody::new([Piece::Secret(SecretName::SecretAccessKey)]),
            print: self.fingerprints.of(SECRET.as_bytes()),
            why: "a test".to_owned(),
        }
    }

    fn desired_file(&self, text: &str, body: FileBody) -> DesiredFile {
        let filled = body.fill(&keys(), b"old\n").unwrap();
        let content = self.fingerprints.of(filled.expose());
        DesiredFile {
            path: path(text),
            body,
            file: FileState { content, mode: Mode::PRIVATE, owner: OWNER },
            why: "a test".to_owned(),
        }
    }
}

pub(super) fn wanted(desired: &Desired) -> WantedLooks {
    let folders = desired.folders.iter().map(|folder| folder.path.clone());
    let files = desired.files.iter().map(|file| file.path.clone());
    let absent = desired.absent.iter().map(|unwanted| unwanted.what.clone());
    let secrets = desired.secrets.iter().map(|secret| secret.name.clone());
    let gone = desired.absent_secrets.iter().map(|unwanted| unwanted.what.clone());
    WantedLooks {
        buckets: vec![desired.bucket.name.clone()],
        tables: None,
        paths: folders.chain(files).chain(absent).collect(),
        secrets: secrets.chain(gone).collect(),
        services: true,
        vault: desired.vault.iter().map(ask_vault).collect(),
    }
}

fn ask_vault(vault: &DesiredVault) -> (ModalObject, Vec<AskedContent>) {
    let prints = [vault.print].into_iter().chain(vault.earlier.keys().copied());
    (vault.secret.clone(), prints.map(AskedContent::from).collect())
}

fn unwanted<T>(what: T) -> Unwanted<T> {
    Unwanted { what, why: "a test".to_owned() }
}
