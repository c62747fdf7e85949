//! Whether Dagster reads what was moved from where it was moved to: a pure judgement.

use super::super::MigrationPart;
use super::answer::{ToldCode, ToldItem, ToldManager};
use super::check::SwitchVerdict;
use super::moved_files::{MovedFile, MovedStanding};

/// Where files were moved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SwitchDestination {
    /// Host and port of the service.
    pub(super) authority: String,
    pub(super) pickles: MovedPlace,
    /// Where frames are, where they are checked.
    pub(super) frames: Option<MovedPlace>,
}

/// Where files of a part were moved to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MovedPlace {
    pub(super) bucket: String,
    /// What stands before each name, with a slash at the end.
    pub(super) prefix: String,
}

/// What is so with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JudgedSwitch {
    pub(super) verdict: SwitchVerdict,
    /// What proves it, or what is wrong.
    pub(super) why: String,
    /// What to write in code instead, where that is known.
    pub(super) instead: Option<String>,
    /// Its asset.
    pub(super) asset: Option<String>,
    /// The class of its manager.
    pub(super) manager: Option<String>,
}

/// A reason, and the line that would help.
struct VerdictReason {
    verdict: SwitchVerdict,
    why: String,
    instead: Option<String>,
}

impl JudgedSwitch {
    /// No code that was asked has it.
    pub(super) fn of_nobody() -> Self {
        Self {
            verdict: SwitchVerdict::Unknown,
            why: "no asset of the code that was asked is stored under this name".to_owned(),
            instead: None,
            asset: None,
            manager: None,
        }
    }

    /// The worse of two: of an asset that several code servers have, each has to be right.
    pub(super) fn join(self, other: Self) -> Self {
        if other.verdict > self.verdict { other } else { self }
    }
}

impl SwitchDestination {
    /// What one code server makes of one file.
    pub(super) fn judge(
        &self,
        code: &ToldCode,
        item: &ToldItem,
        moved: &AskedAs<'_>,
    ) -> JudgedSwitch {
        let manager = code.managers.get(item.manager);
        let place = self.find_place(moved.file);
        let reason = match manager {
            None => Some(VerdictReason::unknown("nothing is known about its I/O manager")),
            Some(manager) => judge_content(manager, moved.file)
                .or_else(|| self.judge_manager(manager, place))
                .or_else(|| place.judge_key(manager, item, moved.name))
                .or_else(|| judge_object(&moved.file.standing)),
        };
        let reason = reason.unwrap_or_else(|| judge_load(code, item));
        JudgedSwitch {
            verdict: reason.verdict,
            why: reason.why,
            instead: reason.instead,
            asset: Some(item.asset.clone()),
            manager: manager.map(ToldManager::name),
        }
    }

    fn find_place(&self, file: &MovedFile) -> &MovedPlace {
        self.frames.as_ref().filter(|_| file.is_frame).unwrap_or(&self.pickles)
    }

    fn judge_manager(&self, manager: &ToldManager, place: &MovedPlace) -> Option<VerdictReason> {
        let name = manager.name();
        if let Some(failed) = &manager.failed {
            return Some(VerdictReason::unknown(format!(
                "its I/O manager cannot be made: {failed}"
            )));
        }
        match manager.kind.as_str() {
            "s3" => self.judge_service(manager).or_else(|| place.judge_bucket(manager)),
            "local" => Some(VerdictReason::red(format!("`{name}` reads local files"))),
            "unknown" => Some(VerdictReason::unknown(format!(
                "where I/O manager `{name}` reads is not known"
            ))),
            kind => Some(VerdictReason::red(format!("`{name}` reads from `{kind}`, not from S3"))),
        }
    }

    fn judge_service(&self, manager: &ToldManager) -> Option<VerdictReason> {
        let endpoint = manager.endpoint.as_deref().map(find_authority);
        let other = endpoint.filter(|found| *found != self.authority.to_lowercase())?;
        let why = format!("it is read from service `{other}`, not `{}`", self.authority);
        Some(VerdictReason::red(why))
    }
}

impl MovedPlace {
    /// Where a part goes.
    pub(super) fn judge_part(part: &MigrationPart) -> Self {
        Self { bucket: part.bucket.to_string(), prefix: part.prefix.clone() }
    }

    fn judge_bucket(&self, manager: &ToldManager) -> Option<VerdictReason> {
        let bucket = manager.bucket.as_deref().unwrap_or_default();
        (bucket != self.bucket).then(|| VerdictReason {
            instead: self.name_bucket(manager),
            ..VerdictReason::red(format!(
                "it is read from bucket `{bucket}`, but is in `{}`",
                self.bucket
            ))
        })
    }

    fn judge_key(
        &self,
        manager: &ToldManager,
        item: &ToldItem,
        name: &str,
    ) -> Option<VerdictReason> {
        let Some(key) = &item.key else {
            return Some(VerdictReason::unknown("its I/O manager does not say where it reads"));
        };
        let expected = format!("{}{name}", self.prefix);
        let prefix = manager.prefix.as_deref().unwrap_or_default();
        let wanted = self.prefix.trim_matches('/');
        let is_prefix = prefix.trim_matches('/') != wanted;
        (*key != expected).then(|| VerdictReason {
            instead: self.name_prefix(manager).filter(|_| is_prefix),
            ..VerdictReason::red(format!("it is read at `{key}`, but is at `{expected}`"))
        })
    }

    /// The argument that names the bucket, as the manager takes it.
    fn name_bucket(&self, manager: &ToldManager) -> Option<String> {
        match manager.place.as_deref() {
            Some("generated") => Some("bucket=dg.EnvVar(\"DAGSTER_S3_TABLES_BUCKET\")".to_owned()),
            Some("path") => Some(self.name_base()),
            Some("library") => Some("s3_bucket=dg.EnvVar(\"DAGSTER_S3_BUCKET\")".to_owned()),
            Some(_) | None => None,
        }
    }

    /// The argument that names the prefix.
    fn name_prefix(&self, manager: &ToldManager) -> Option<String> {
        let wanted = self.prefix.trim_matches('/');
        match manager.place.as_deref() {
            Some("generated") => Some(format!("prefix=\"{wanted}\"")),
            Some("path") => Some(self.name_base()),
            Some("library") => Some(format!("s3_prefix=\"{wanted}\"")),
            Some(_) | None => None,
        }
    }

    fn name_base(&self) -> String {
        format!("base_dir=\"s3://{}/{}\"", self.bucket, self.prefix.trim_matches('/'))
    }
}

/// A file that was asked for.
pub(super) struct AskedAs<'f> {
    pub(super) name: &'f str,
    pub(super) file: &'f MovedFile,
}

/// Managers of pickles read no frames, and the generated ones nothing else.
fn judge_content(manager: &ToldManager, file: &MovedFile) -> Option<VerdictReason> {
    let reads = match (manager.place.as_deref(), file.is_frame) {
        (Some("library"), true) => "pickles, and it is a frame",
        (Some("generated"), false) => "frames, and it is a pickle",
        _ => return None,
    };
    Some(VerdictReason::red(format!("`{}` reads {reads}", manager.name())))
}

fn judge_object(standing: &MovedStanding) -> Option<VerdictReason> {
    match standing {
        MovedStanding::Same | MovedStanding::Newer => None,
        MovedStanding::Missing => {
            Some(VerdictReason::red("the bucket has no such object any more"))
        }
        MovedStanding::Other => Some(VerdictReason::red("the bucket has a damaged object")),
        MovedStanding::Unsure(why) => Some(VerdictReason::unknown(format!("the bucket: {why}"))),
    }
}

/// The way to it is right: whether a value was loaded by that way.
fn judge_load(code: &ToldCode, item: &ToldItem) -> VerdictReason {
    if let Some(why) = code.not_loaded.get(&item.file) {
        return VerdictReason::red(format!("it does not load: {why}"));
    }
    if code.loaded.contains(&item.file) {
        let kind = code.types.get(&item.file);
        let kind = kind.map(|kind| format!(" a `{kind}`")).unwrap_or_default();
        return VerdictReason::green(format!("loaded{kind}"));
    }
    if code.untried.contains(&item.file) {
        return VerdictReason::unknown("there was no time to load it");
    }
    if code.loaded_managers.contains(&item.manager) {
        return VerdictReason::green("its I/O manager loaded another file");
    }
    VerdictReason::unknown("nothing of its I/O manager was loaded")
}

/// Host and port of an address, without the port that is usual.
fn find_authority(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split('/').next().unwrap_or(rest).to_lowercase();
    let usual = if scheme == "http" { ":80" } else { ":443" };
    authority.strip_suffix(usual).unwrap_or(&authority).to_owned()
}

impl ToldManager {
    /// The class that code names, without its modules.
    pub(super) fn name(&self) -> String {
        let class = self.declared.as_ref().or(self.class.as_ref());
        class.and_then(|class| class.rsplit('.').next()).unwrap_or("none").to_owned()
    }
}

impl VerdictReason {
    fn judge_part(verdict: SwitchVerdict, why: impl Into<String>) -> Self {
        Self { verdict, why: why.into(), instead: None }
    }

    fn green(why: impl Into<String>) -> Self {
        Self::judge_part(SwitchVerdict::Green, why)
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self::judge_part(SwitchVerdict::Unknown, why)
    }

    fn red(why: impl Into<String>) -> Self {
        Self::judge_part(SwitchVerdict::Red, why)
    }
}
