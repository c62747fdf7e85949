//! What is asked of a schedule.

use datalake_core::host::HostPath;
use datalake_core::schedule::{ScheduleSpec, ScheduledJob};
use datalake_core::spec::{CredentialSource, ModalToken};
use datalake_desired::TimerPlace;

/// What is to run by itself, and how it is called.
pub struct ScheduleRequest<'a> {
    /// What the spec says.
    pub schedule: &'a ScheduleSpec,
    /// Where the key pair comes from.
    pub credentials: Option<CredentialSource>,
    /// Where Modal's token comes from, if containers are given one.
    pub modal_token: Option<ModalToken>,
    /// Whether the spec has a budget for a month.
    pub has_budget: bool,
    /// The values of the spec that no file has, each with where it comes from.
    pub elsewhere: Vec<String>,
    /// datalake itself.
    pub program: HostPath,
    /// The flags that name this place.
    pub flags: Vec<String>,
    /// The folder of its records.
    pub state: HostPath,
    /// Whose systemd runs the timers.
    pub place: TimerPlace,
}

impl ScheduleRequest<'_> {
    /// What the timers would use that somebody else may have put there: files, programs, and the folder of
    /// records.
    #[must_use]
    pub fn list_unattended<'s>(&'s self, config: Option<&'s HostPath>) -> UnattendedPaths<'s> {
        let own = [Some(&self.program), config, self.schedule.ping.as_ref()];
        let mut files: Vec<_> = own.into_iter().flatten().map(HostPath::as_str).collect();
        let mut programs: Vec<_> = self.schedule.on_failure.iter().flatten().take(1).collect();
        match &self.credentials {
            Some(CredentialSource::File(file)) => files.push(file),
            Some(CredentialSource::Command(words)) => programs.extend(words.first()),
            Some(CredentialSource::From(_) | CredentialSource::Fd(_)) | None => (),
        }
        let has_doctor = self.schedule.timers.iter().any(|it| it.job == ScheduledJob::Doctor);
        if let (true, Some(ModalToken::File(file))) = (has_doctor, &self.modal_token) {
            files.push(file);
        }
        let programs = programs.into_iter().map(String::as_str).collect();
        UnattendedPaths { files, programs, state: self.state.as_str() }
    }
}

/// What timers use while nobody is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnattendedPaths<'s> {
    /// Files that are read, or run.
    pub files: Vec<&'s str>,
    /// Programs as they are named.
    pub programs: Vec<&'s str>,
    /// The folder of records.
    pub state: &'s str,
}

#[cfg(test)]
mod tests {
    use datalake_core::host::{Owner, UnitManager};
    use datalake_core::schedule::JobTimer;

    use super::*;

    fn make_path(text: &str) -> HostPath {
        text.parse().unwrap()
    }

    #[test]
    fn keys_and_tokens_are_judged_as_at_night_like_all_else_that_timers_use() {
        let calendar = "daily".parse().unwrap();
        let timer = JobTimer { job: ScheduledJob::Doctor, calendar, with: Vec::new() };
        let schedule = ScheduleSpec {
            timers: vec![timer],
            on_failure: Some(["/usr/bin/notify", "ops"].map(str::to_owned).into()),
            ping: Some(make_path("/etc/pings")),
            metrics: None,
        };
        let owner = Owner { uid: 0, gid: 0 };
        let mut request = ScheduleRequest {
            schedule: &schedule,
            credentials: Some(CredentialSource::File("/etc/keys.env".to_owned())),
            modal_token: Some(ModalToken::File("/etc/modal.env".to_owned())),
            has_budget: false,
            elsewhere: Vec::new(),
            program: make_path("/usr/bin/datalake"),
            flags: Vec::new(),
            state: make_path("/var/lib/datalake"),
            place: TimerPlace { owner, manager: UnitManager::Host, home: make_path("/root") },
        };
        let config = make_path("/etc/datalake.yaml");

        let unattended = request.list_unattended(Some(&config));

        let files = ["/usr/bin/datalake", "/etc/datalake.yaml", "/etc/pings", "/etc/keys.env"];
        assert_eq!(unattended.files, [&files[..], &["/etc/modal.env"]].concat());
        assert_eq!(unattended.programs, ["/usr/bin/notify"]);
        request.credentials =
            Some(CredentialSource::Command(["getkey", "x"].map(str::to_owned).into()));
        assert_eq!(request.list_unattended(None).programs, ["/usr/bin/notify", "getkey"]);
    }
}
