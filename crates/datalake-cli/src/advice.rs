//! How commands are typed that an advice names: the one place that knows.

use std::iter;

use datalake_core::host::HostPath;
use datalake_core::receipt::EditChoices;
use datalake_core::s3::BucketName;
use datalake_core::text::{printable_key, quote_word};
use datalake_core::time::RunId;
use datalake_operations::{Advice, AdvisedCommand, TablesAdvice};

/// An advice in words.
pub(crate) fn words_of(advice: &Advice) -> String {
    match advice {
        Advice::Text(words) => words.clone(),
        Advice::Commands(words, commands) => {
            let commands =
                commands.iter().map(render_command).chain(iter::repeat_with(String::new));
            let mut texts = words.split("{}");
            let first = texts.next().unwrap_or_default().to_owned();
            texts.zip(commands).fold(first, |words, (text, command)| words + &command + text)
        }
        Advice::EnableLinger(user) => {
            let user = user.as_ref().map_or("USER", |user| user.as_str());
            format!(
                "let it run without a login: `sudo loginctl enable-linger {user}`, then the same again"
            )
        }
        Advice::RunAsServiceUser => {
            "run it as root (`sudo datalake …`) or as the service user".to_owned()
        }
        Advice::RunAsRoot => "run it as root (`sudo datalake …`), which may change it".to_owned(),
    }
}

/// What removes all that a folder of a bucket has.
const REMOVE_ALL: &str = "rm --recursive --versions";

/// A command as it is typed.
fn render_command(command: &AdvisedCommand) -> String {
    let words = match command {
        AdvisedCommand::Provision => "provision",
        AdvisedCommand::ProvisionUnit(unit) => return name_places("provision --unit", [unit]),
        AdvisedCommand::ShowEnvironment => "provision --dry-run",
        AdvisedCommand::Status => "status",
        AdvisedCommand::StorePolicies => "access apply",
        AdvisedCommand::StorePoliciesAgain => "access apply --again",
        AdvisedCommand::ResetAccess => "access reset",
        AdvisedCommand::RotateKey => "key rotate",
        AdvisedCommand::FinishKey => "key finish",
        AdvisedCommand::AbortKey => "key abort",
        AdvisedCommand::Rollback(None) => "rollback",
        AdvisedCommand::Rollback(Some(run)) => return format!("`datalake rollback {run}`"),
        AdvisedCommand::UndoRestore(run) => return format!("`datalake restore --undo {run}`"),
        AdvisedCommand::RollbackChoosing(run, choices) => return render_choices(run, choices),
        AdvisedCommand::History => "history",
        AdvisedCommand::ShowRun(run) => return format!("`datalake history {run}`"),
        AdvisedCommand::DagsterStatus => "dagster status",
        AdvisedCommand::DagsterReload => "dagster reload",
        AdvisedCommand::DagsterLogs => "dagster logs -n 200",
        AdvisedCommand::RestartServices => "dagster restart",
        AdvisedCommand::StartDaemon => "dagster start daemon",
        AdvisedCommand::RunMigration => "migrate run",
        AdvisedCommand::CheckMigration => "migrate check",
        AdvisedCommand::PlanDependencies => "dagster deps plan",
        AdvisedCommand::PlanDependenciesForPrograms => "--json dagster deps plan",
        AdvisedCommand::ApplyDependencies => "dagster deps apply",
        AdvisedCommand::RecordUsage => "usage record",
        AdvisedCommand::ListBuckets => "bucket list",
        AdvisedCommand::ListAllVersions => "ls --versions",
        AdvisedCommand::ListVersionsOfKey => "ls --versions KEY",
        AdvisedCommand::ListUploads => "bucket uploads list",
        AdvisedCommand::EmptyBucket => "bucket delete --empty",
        AdvisedCommand::AbortOldUploads => "bucket uploads abort --older-than 1d",
        AdvisedCommand::ShowSpecBucket => "bucket show",
        AdvisedCommand::MoveFolder { source, dest } => return name_folder_move(source, dest),
        AdvisedCommand::Tables(command) => return render_tables_command(command),
        AdvisedCommand::RemoveFolder(place) => return name_places(REMOVE_ALL, [place]),
        AdvisedCommand::VerifyDeep => "verify --deep",
        AdvisedCommand::EnableVersioning(bucket) => return name_versioning(bucket.as_ref()),
        AdvisedCommand::ShowBucketLock => "bucket lock show",
        AdvisedCommand::ShowBucket(bucket) => return format!("`datalake bucket show {bucket}`"),
        AdvisedCommand::AbortUploads(bucket) => return name_upload_abort(bucket),
        AdvisedCommand::PutFile { file, dest } => return name_places("put", [file, dest]),
        AdvisedCommand::PutStream => "put - reports/2026.csv",
        AdvisedCommand::Sync => "sync",
        AdvisedCommand::ListVersionsBelow(place) => return name_places("ls --versions", [place]),
        AdvisedCommand::RemoveVersions(object) => return name_places("rm --versions", [object]),
        AdvisedCommand::ListKeys(place) => return name_places("ls", [place]),
        AdvisedCommand::CopyFrom(object) => return name_places("cp", [object, "DEST"]),
        AdvisedCommand::FetchFolder(place) => return name_places("get", [place, "DIR"]),
        AdvisedCommand::PrintSnippet(client) => return name_places("lake snippet", [client]),
        AdvisedCommand::RunJob(job) => return format!("`datalake job run {job}`"),
        AdvisedCommand::JobStatus(job) => return format!("`datalake job status {job}`"),
        AdvisedCommand::CheckModal => "modal check",
        AdvisedCommand::ModalSecretStatus => "modal secret status",
        AdvisedCommand::SyncModalSecret => "modal secret sync",
        AdvisedCommand::DeleteModalSecret => "modal secret delete --all",
    };
    format!("`datalake {words}`")
}

fn name_upload_abort(bucket: &BucketName) -> String {
    format!("`datalake bucket uploads abort {bucket}`")
}

fn name_folder_move(source: &str, dest: &str) -> String {
    name_places("mv --recursive", [source, dest])
}

fn name_versioning(bucket: Option<&BucketName>) -> String {
    match bucket {
        Some(bucket) => format!("`datalake bucket versioning enable {bucket}`"),
        None => "`datalake bucket versioning enable`".to_owned(),
    }
}

fn render_tables_command(command: &TablesAdvice) -> String {
    match command {
        TablesAdvice::List => "`datalake tables list`".to_owned(),
        TablesAdvice::Move { source, dest } => name_places("tables move", [source, dest]),
        TablesAdvice::RemoveRule(bucket) => {
            format!("`datalake bucket lifecycle remove ID --of {bucket}`")
        }
        TablesAdvice::Recover(None) => "`datalake tables recover`".to_owned(),
        TablesAdvice::Recover(Some(place)) => name_places("tables recover", [place]),
    }
}

fn render_choices(run: &RunId, choices: &EditChoices) -> String {
    let flag = |flag: &str, path: &HostPath| format!(" {flag} {}", quote_word(path.as_str()));
    let overwritten = choices.overwrite.iter().map(|path| flag("--overwrite", path));
    let kept = choices.keep.iter().map(|path| flag("--keep", path));
    format!("`datalake rollback {run}{}`", overwritten.chain(kept).collect::<String>())
}

/// A command with what comes from outside, so that a shell takes it as it is.
fn name_places<const N: usize>(words: &str, places: [&str; N]) -> String {
    let places = places.map(|place| quote_word(&printable_key(place)));
    format!("`datalake {words} {}`", places.join(" "))
}

/// A text in which each command of ours names this place.
pub(crate) fn named_for(text: &str, name: &str) -> String {
    text.replace("`datalake ", &format!("`{name} "))
}

#[cfg(test)]
mod tests {
    use clap::error::ErrorKind;

    use super::*;
    use crate::args::build_strict_command;

    #[test]
    fn each_place_takes_the_next_command_whatever_braces_a_key_has() {
        let place = || "s3://acme-lake/{}".to_owned();
        let commands = [AdvisedCommand::ListKeys(place()), AdvisedCommand::FetchFolder(place())];
        let advice = Advice::naming("{} lists it; {} fetches it", commands);

        assert_eq!(
            words_of(&advice),
            "`datalake ls 's3://acme-lake/{}'` lists it; `datalake get 's3://acme-lake/{}' DIR` fetches it"
        );
    }

    #[test]
    fn what_a_key_says_runs_nothing_in_a_shell() {
        let place = || "s3://acme-lake/a;touch x;/".to_owned();
        let shown = "'s3://acme-lake/a;touch x;/'";
        let tables = TablesAdvice::Move { source: place(), dest: place() };
        for (command, expected) in [
            (AdvisedCommand::RemoveFolder(place()), format!("rm --recursive --versions {shown}")),
            (AdvisedCommand::CopyFrom(place()), format!("cp {shown} DEST")),
            (AdvisedCommand::Tables(tables), format!("tables move {shown} {shown}")),
        ] {
            assert_eq!(render_command(&command), format!("`datalake {expected}`"));
        }
        let steers = AdvisedCommand::ListKeys("s3://acme-lake/\u{1b}[1m".to_owned());
        assert_eq!(render_command(&steers), r"`datalake ls 's3://acme-lake/\u{1b}[1m'`");
    }

    #[test]
    fn a_place_without_a_command_stays_empty() {
        assert_eq!(words_of(&Advice::naming("look with {}", [])), "look with ");
        assert_eq!(words_of(&"plain words".into()), "plain words");
    }

    /// One of each kind, in the order of the enum.
    fn list_commands() -> Vec<AdvisedCommand> {
        use AdvisedCommand as C;
        let run = || RunId::new(datalake_core::time::Timestamp::from_unix(0).unwrap(), 1);
        let place = || "s3://acme-lake/assets/".to_owned();
        let bucket: BucketName = "acme-lake".parse().unwrap();
        let mut all = vec![
            C::Provision,
            C::ProvisionUnit("dagster-daemon.container".to_owned()),
            C::ShowEnvironment,
            C::Status,
            C::Rollback(Some(run())),
            C::StorePolicies,
            C::StorePoliciesAgain,
            C::ResetAccess,
            C::UndoRestore(run()),
            C::RollbackChoosing(
                run(),
                EditChoices {
                    overwrite: ["/etc/y".parse().unwrap()].into(),
                    keep: ["/etc/x".parse().unwrap()].into(),
                },
            ),
            C::History,
            C::ShowRun(run()),
            C::ListVersionsBelow(place()),
            C::RemoveVersions(place()),
            C::ShowBucket(bucket.clone()),
            C::AbortUploads(bucket.clone()),
            C::MoveFolder { source: place(), dest: place() },
            C::RemoveFolder(place()),
            C::PutFile { file: "a.csv".to_owned(), dest: place() },
            C::EnableVersioning(Some(bucket)),
            C::ListKeys(place()),
            C::CopyFrom(place()),
            C::FetchFolder(place()),
            C::PrintSnippet("polars".to_owned()),
        ];
        all.extend([C::DagsterStatus, C::DagsterReload, C::DagsterLogs, C::RestartServices]);
        all.extend([C::StartDaemon, C::RunMigration, C::CheckMigration, C::PlanDependencies]);
        all.extend([C::PlanDependenciesForPrograms, C::ApplyDependencies, C::RecordUsage]);
        all.extend([C::ListBuckets, C::ListAllVersions, C::ListVersionsOfKey, C::ListUploads]);
        all.extend([C::EmptyBucket, C::ShowSpecBucket, C::AbortOldUploads, C::VerifyDeep]);
        all.extend([C::PutStream, C::Sync, C::ShowBucketLock, C::CheckModal]);
        all.extend([C::ModalSecretStatus, C::SyncModalSecret, C::DeleteModalSecret]);
        let tables = [
            TablesAdvice::List,
            TablesAdvice::Move { source: place(), dest: place() },
            TablesAdvice::RemoveRule("acme-lake".to_owned()),
            TablesAdvice::Recover(Some(place())),
        ];
        all.extend(tables.map(C::Tables));
        all
    }

    #[test]
    fn each_command_that_is_advised_is_one() {
        for command in list_commands() {
            let typed = render_command(&command);
            let words = typed.trim_matches('`').split(' ').map(|word| word.trim_matches('\''));

            let parsed = build_strict_command().try_get_matches_from(words);

            // The name of a command may stand without what it is about.
            let refused = parsed.err().map(|error| error.kind());
            let may = [None, Some(ErrorKind::MissingRequiredArgument)];
            assert!(may.contains(&refused), "{typed}: {refused:?}");
        }
    }
}
