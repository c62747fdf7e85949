//! Records that earlier releases have written still read as what they mean.

#[cfg(test)]
mod tests {
    use datalake_core::host::{FileState, HostPath, Mode, Owner, ServiceState, ServiceStates};
    use datalake_core::plan::{Action, Guard, Plan, Step, Undo, Way};
    use datalake_core::receipt::{Outcome, Receipt, RunKind, StepReceipt};
    use datalake_core::s3::{BucketName, Lifecycle, LifecycleRule, Versioning};
    use datalake_core::secret::{FileBody, FingerprintKey, Piece, PodmanSecret, SecretName};
    use datalake_core::time::Days;
    use datalake_engine::*;

    fn path(text: &str) -> HostPath {
        text.parse().unwrap()
    }

    fn bucket() -> BucketName {
        "acme-dagster-assets".parse().unwrap()
    }

    fn file(content: u8, mode: Mode) -> FileState {
        let content = FingerprintKey::new([7; 32]).of(&[content]);
        FileState { content, mode, owner: Owner { uid: 1000, gid: 1001 } }
    }

    fn step(guard: Guard, action: Action, after: Guard, way: Way) -> Step {
        Step { guard, action, undo: Undo { guard: after, way }, why: "a sample".to_owned() }
    }

    fn one_way() -> Way {
        Way::OneWay("a reason".to_owned())
    }

    fn rules(days: u32) -> Lifecycle {
        let days = Some(Days::new(days).unwrap());
        let theirs = LifecycleRule {
            enabled: false,
            prefix: "tmp/".to_owned(),
            expire: days,
            expire_markers: true,
            expire_noncurrent: None,
            abort_uploads: None,
        };
        Lifecycle::new([("theirs".to_owned(), theirs)]).with_own(&Lifecycle::protection(days, days))
    }

    /// One step of each action that a plan of `provision` can hold.
    fn forward() -> Vec<Step> {
        let (old, new) = (file(1, Mode::PUBLIC), file(2, Mode::PRIVATE));
        let conf = path("/srv/app.conf");
        let body = FileBody::new([
            Piece::Kept(0..4),
            Piece::text("KEY="),
            Piece::Secret(SecretName::AccessKeyId),
            Piece::Secret(SecretName::SecretAccessKey),
        ]);
        vec![
            step(
                Guard::BucketAbsent(bucket()),
                Action::CreateBucket(bucket()),
                Guard::BucketPresent(bucket()),
                one_way(),
            ),
            step(
                Guard::BucketPresent(bucket()),
                Action::ProveAccess(bucket(), "assets/.probe".parse().unwrap()),
                Guard::BucketPresent(bucket()),
                one_way(),
            ),
            step(
                Guard::VersioningIs(bucket(), Versioning::Suspended),
                Action::SetVersioning(bucket(), Versioning::Enabled),
                Guard::VersioningIs(bucket(), Versioning::Enabled),
                Way::Back(Action::SetVersioning(bucket(), Versioning::Suspended)),
            ),
            step(
                Guard::LifecycleIs(bucket(), rules(1)),
                Action::SetLifecycle(bucket(), rules(30)),
                Guard::LifecycleIs(bucket(), rules(30)),
                Way::Back(Action::SetLifecycle(bucket(), rules(1))),
            ),
            step(
                Guard::PathAbsent(path("/srv/new")),
                Action::CreateFolder {
                    path: path("/srv/new"),
                    mode: Mode::PRIVATE_FOLDER,
                    owner: old.owner,
                },
                Guard::FolderEmpty(path("/srv/new")),
                Way::Back(Action::RemoveFolder(path("/srv/new"))),
            ),
            step(
                Guard::FileIs(conf.clone(), old.clone()),
                Action::WriteFile { path: conf.clone(), body, file: new.clone() },
                Guard::FileIs(conf.clone(), new),
                Way::Back(Action::RestoreFile { path: conf, file: old }),
            ),
        ]
    }

    /// A receipt with each outcome.
    fn receipt() -> Receipt {
        let outcomes = [
            Outcome::AlreadyDone,
            Outcome::Done,
            Outcome::Done,
            Outcome::Failed("the service has a fault of its own".to_owned()),
            Outcome::Disturbed,
            Outcome::NotBegun,
        ];
        let steps = forward().into_iter().zip(outcomes);
        Receipt {
            schema_version: 1,
            run: "R-20261122-180000-k3xa".parse().unwrap(),
            kind: RunKind::Provision,
            user: None,
            started: "2026-11-22T18:00:00Z".parse().unwrap(),
            ended: "2026-11-22T18:00:09Z".parse().unwrap(),
            continues: vec!["R-20261121-090000-aaaa".parse().unwrap()],
            steps: steps.map(|(step, outcome)| StepReceipt { step, outcome }).collect(),
            pending: vec![],
        }
    }

    /// The beginning of a rollback that was killed in its second step.
    fn records() -> Vec<JournalRecord> {
        let begin = Begin {
            schema_version: 1,
            run: "R-20261122-190000-k3xb".parse().unwrap(),
            kind: RunKind::Rollback(receipt().run),
            user: None,
            started: "2026-11-22T19:00:00Z".parse().unwrap(),
            continues: vec![],
            taken_over: vec![],
            plan: Plan::of_steps(vec![
                step(
                    Guard::FileIs(path("/srv/new/s3.env"), file(3, Mode::PRIVATE)),
                    Action::RemoveFile(path("/srv/new/s3.env")),
                    Guard::PathAbsent(path("/srv/new/s3.env")),
                    one_way(),
                ),
                step(
                    Guard::FolderEmpty(path("/srv/new")),
                    Action::RemoveFolder(path("/srv/new")),
                    Guard::PathAbsent(path("/srv/new")),
                    one_way(),
                ),
            ]),
        };
        vec![
            JournalRecord::Begin(Box::new(begin)),
            JournalRecord::Intent(0),
            JournalRecord::Outcome(0, Outcome::Done),
            JournalRecord::Intent(1),
        ]
    }

    #[test]
    fn a_receipt_of_form_1_reads_as_what_it_means() {
        assert_eq!(read_receipt(include_bytes!("receipt-1.json")).unwrap(), receipt());
    }

    #[test]
    fn a_receipt_is_still_written_in_form_1() {
        let written = serde_json::to_string_pretty(&receipt()).unwrap();

        assert_eq!(written.trim(), include_str!("receipt-1.json").trim());
    }

    /// One step of each action on services and secrets.
    fn host_receipt() -> Receipt {
        let (old, new) = (file(1, Mode::PRIVATE).content, file(2, Mode::PRIVATE).content);
        let states = |state| ServiceStates::from_iter([("dagster-daemon".parse().unwrap(), state)]);
        let (up, before) = (states(ServiceState::UpWith(new)), states(ServiceState::Down));
        let name = || "datalake-s3-access-key-id".parse::<PodmanSecret>().unwrap();
        let body = FileBody::new([Piece::Secret(SecretName::AccessKeyId)]);
        let steps = vec![
            step(
                Guard::SecretIs(name(), old),
                Action::StoreSecret { name: name(), body, print: new },
                Guard::SecretIs(name(), new),
                Way::Back(Action::RestoreSecret { name: name(), print: old }),
            ),
            step(
                Guard::SecretAbsent(name()),
                Action::SettleServices(up.clone()),
                Guard::ServicesAre(states(ServiceState::Up)),
                Way::Back(Action::RemoveSecret(name())),
            ),
            step(
                Guard::ServicesKnown,
                Action::ProveContainers {
                    services: up,
                    bucket: bucket(),
                    key: "assets/.probe".parse().unwrap(),
                    log_manager: None,
                },
                Guard::ServicesAre(before.clone()),
                Way::Back(Action::SettleServices(before)),
            ),
        ];
        let done = |step| StepReceipt { step, outcome: Outcome::Done };
        Receipt { steps: steps.into_iter().map(done).collect(), ..receipt() }
    }

    #[test]
    fn a_receipt_of_services_and_secrets_is_read_and_written_in_form_1() {
        let written = serde_json::to_string_pretty(&host_receipt()).unwrap();

        assert_eq!(written.trim(), include_str!("receipt-1-host.json").trim());
        assert_eq!(read_receipt(include_bytes!("receipt-1-host.json")).unwrap(), host_receipt());
    }

    #[test]
    fn a_journal_of_form_1_reads_as_what_it_means() {
        let journal = decode_journal(include_bytes!("journal-1.journal")).unwrap();

        let JournalRecord::Begin(begin) = records().remove(0) else { panic!("no begin") };
        let outcomes = vec![Outcome::Done];
        assert_eq!(journal, Journal { begin: *begin, outcomes, in_flight: Some(1) });
    }

    #[test]
    fn a_journal_is_still_written_in_form_1() {
        let written: Vec<u8> = records().iter().flat_map(encode_record).collect();

        let expected = include_str!("journal-1.journal");
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn a_journal_of_a_newer_form_is_refused() {
        let mut newer = records();
        if let Some(JournalRecord::Begin(begin)) = newer.first_mut() {
            begin.schema_version = 2;
        }
        let bytes: Vec<u8> = newer.iter().flat_map(encode_record).collect();

        let damaged = decode_journal(&bytes).unwrap_err();

        assert_eq!((damaged.line, damaged.reason), (1, "another release has written it"));
    }
}
