mod kills;

use datalake_core::host::{HostPath, Mode, Owner, UnitManager};
use datalake_core::plan::Plan;
use datalake_core::receipt::Receipt;
use datalake_core::schedule::{
    JobEnd, JobRecord, JobResult, JobTimer, ScheduleSpec, ScheduledJob, TimerState, TimerStates,
};
use datalake_core::secret::{FilledBody, FingerprintKey};
use datalake_core::spec::{Ambient, CredentialSource};
use datalake_core::time::Timestamp;
use datalake_desired::TimerPlace;
use datalake_engine::memory::{
    Everything, MemoryClock, MemoryFiles, MemoryMachine, MemoryPings, MemoryState,
};
use datalake_engine::{
    Clock as _, Files as _, Machine as _, NewFile, NoDagster, NoStore, Ports, SeenEntry, SeenTimer,
    StateFolder as _,
};

use super::*;
mod others;

use crate::{
    ErrorKind, HostContext, OperationError, Quiet, carry_out_back, describe_timers,
    look_at_schedule, plan_way_back,
};

const ROOT: Owner = Owner { uid: 0, gid: 0 };
const NOW: i64 = 1_800_000_000;

/// A host with systemd, in memory.
struct Host {
    files: MemoryFiles,
    state: MemoryState,
    clock: MemoryClock,
    machine: MemoryMachine,
    pings: MemoryPings,
    fingerprints: FingerprintKey,
    store: NoStore,
}

impl Host {
    fn new() -> Self {
        let linger = "/var/lib/systemd/linger/root".parse::<HostPath>().unwrap();
        let host = Self {
            files: MemoryFiles::default(),
            state: MemoryState::default(),
            clock: MemoryClock::new(NOW),
            machine: MemoryMachine::new(move || MemoryMachine::idle(linger.clone())),
            pings: MemoryPings::with_file("usage=https://hc.example/u\n"),
            fingerprints: FingerprintKey::new([7; 32]),
            store: NoStore("none is needed".to_owned()),
        };
        for folder in ["/etc", "/etc/systemd", "/etc/systemd/system", "/metrics"] {
            host.files.create_folder(&make_path(folder), Mode::PUBLIC_FOLDER, ROOT).unwrap();
        }
        host
    }

    fn make_context(&self) -> HostContext<'_> {
        let context = HostContext::new(&self.files, &self.state, &self.clock);
        HostContext { machine: Some(&self.machine), ..context }
    }

    fn make_ports<'a>(&'a self, context: &HostContext<'a>) -> Ports<'a> {
        context.ports(&self.store, &NoDagster, &self.fingerprints)
    }

    async fn plan_timers(&self, spec: &ScheduleSpec) -> Result<Plan, OperationError> {
        let (context, request) = (self.make_context(), make_request(spec));
        let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };
        Ok(run.plan_timers(&self.pings, &self.make_ports(&context)).await?.plan)
    }

    async fn apply_spec(&self, spec: &ScheduleSpec) -> Result<Receipt, OperationError> {
        let (context, request) = (self.make_context(), make_request(spec));
        let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };
        let plan = self.plan_timers(spec).await?;
        run.carry_out(&plan, &self.make_ports(&context)).await
    }

    async fn undo_run(&self, receipt: &Receipt) {
        let context = self.make_context();
        let plan = plan_way_back(&context, receipt, false).unwrap();
        carry_out_back(&plan, receipt, &Quiet, &self.make_ports(&context)).await.unwrap();
    }

    /// All files, and how the timers stand.
    async fn take_picture(&self) -> (Everything, Vec<ScheduledJob>) {
        let states: TimerStates = self.machine.ask_timers().read_states().await.unwrap();
        (self.files.everything(), states.in_state(TimerState::Up).collect())
    }

    fn make_note<'a>(
        &'a self,
        context: &'a HostContext<'a>,
        spec: &'a ScheduleSpec,
    ) -> JobNote<'a> {
        let job = ScheduledJob::Usage;
        JobNote { context, schedule: spec, job, pings: &self.pings, owner: ROOT }
    }

    fn list_told(&self) -> Vec<String> {
        self.pings.list_told().into_iter().map(|(address, _)| address).collect()
    }
}

fn make_path(text: &str) -> HostPath {
    text.parse().unwrap()
}

fn make_spec() -> ScheduleSpec {
    let timer =
        |job, calendar: &str| JobTimer { job, calendar: calendar.parse().unwrap(), with: vec![] };
    ScheduleSpec {
        timers: vec![timer(ScheduledJob::Usage, "hourly"), timer(ScheduledJob::KeyAge, "hourly")],
        on_failure: Some(vec!["/usr/bin/logger".to_owned()]),
        ping: Some(make_path("/etc/datalake/pings")),
        metrics: Some(make_path("/metrics")),
    }
}

fn make_request(spec: &ScheduleSpec) -> ScheduleRequest<'_> {
    ScheduleRequest {
        schedule: spec,
        credentials: Some(CredentialSource::File("/etc/datalake/keys.env".to_owned())),
        modal_token: None,
        has_budget: false,
        elsewhere: Vec::new(),
        program: make_path("/usr/bin/datalake"),
        flags: Vec::new(),
        state: make_path("/var/lib/datalake"),
        place: TimerPlace { owner: ROOT, manager: UnitManager::Host, home: make_path("/root") },
    }
}

const FINE: ServiceEnd<'_> = ServiceEnd { result: "success", code: "exited", status: "0" };
const FOUND: ServiceEnd<'_> = ServiceEnd { result: "exit-code", code: "exited", status: "3" };

#[tokio::test]
async fn a_schedule_is_set_up_once_and_undone_byte_for_byte() {
    let host = Host::new();
    let before = host.take_picture().await;

    let receipt = host.apply_spec(&make_spec()).await.unwrap();
    assert_eq!(host.take_picture().await.1, [ScheduledJob::Usage, ScheduledJob::KeyAge]);
    assert!(host.plan_timers(&make_spec()).await.unwrap().is_empty());

    host.undo_run(&receipt).await;
    assert_eq!(host.take_picture().await, before);
}

#[tokio::test]
async fn what_the_spec_no_longer_names_goes_and_comes_back() {
    let host = Host::new();
    host.apply_spec(&make_spec()).await.unwrap();
    let before = host.take_picture().await;
    let less = ScheduleSpec { timers: make_spec().timers.split_off(1), ..make_spec() };

    let receipt = host.apply_spec(&less).await.unwrap();
    assert_eq!(host.take_picture().await.1, [ScheduledJob::KeyAge]);

    host.undo_run(&receipt).await;
    assert_eq!(host.take_picture().await, before);
    // Without a schedule nothing is left but the folder.
    let nothing = ScheduleSpec { timers: vec![], on_failure: None, ping: None, metrics: None };
    host.apply_spec(&nothing).await.unwrap();
    assert!(host.take_picture().await.1.is_empty());
    let names =
        |files: &Everything| files.keys().filter(|it| it.as_str().contains("datalake")).count();
    assert_eq!(names(&host.files.everything()), 0);
}

#[tokio::test]
async fn timers_that_do_not_start_leave_all_as_before() {
    let mut host = Host::new();
    host.machine.timers.refuses = true;
    let before = host.take_picture().await;

    let error = host.apply_spec(&make_spec()).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Unavailable);
    let told = format!("{:?}", error.advice);
    assert!(told.contains("as before this run"), "{told}");
    assert_eq!(host.take_picture().await, before);
}

#[tokio::test]
async fn what_could_never_run_is_refused_before_anything_is_written() {
    let host = Host::new();
    let before = host.take_picture().await;
    let (context, ports_context) = (host.make_context(), host.make_context());
    let ports = host.make_ports(&ports_context);
    let refused = async |request: ScheduleRequest<'_>| {
        let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };
        let error = run.plan_timers(&host.pings, &ports).await.err().expect("refused");
        assert_eq!(error.kind, ErrorKind::Config, "{error:?}");
        error.messages.join(": ")
    };
    let usual = make_spec();

    for (source, words) in [
        (Some(CredentialSource::From(Ambient::Prompt)), "terminal"),
        (Some(CredentialSource::Fd(3)), "descriptor"),
        (None, "environment"),
    ] {
        let told = refused(ScheduleRequest { credentials: source, ..make_request(&usual) }).await;
        assert!(told.contains(words), "{told}");
    }
    let elsewhere = vec!["`bucket` comes from variable DATALAKE_BUCKET".to_owned()];
    let told = refused(ScheduleRequest { elsewhere, ..make_request(&usual) }).await;
    assert!(told.contains("DATALAKE_BUCKET"), "{told}");

    let mut never = make_spec();
    never.timers[0].calendar = "*-02-31".parse().unwrap();
    assert!(refused(make_request(&never)).await.contains("systemd does not understand"));
    let mut costs = make_spec();
    costs.timers[0].job = ScheduledJob::CostCheck;
    assert!(refused(make_request(&costs)).await.contains("no budget"));
    let nowhere = ScheduleSpec { metrics: Some(make_path("/nowhere")), ..make_spec() };
    assert!(refused(make_request(&nowhere)).await.contains("there is no such folder"));
    assert_eq!(host.take_picture().await, before);
}

#[tokio::test]
async fn a_budget_of_the_spec_or_of_the_job_is_one() {
    let host = Host::new();
    let context = host.make_context();
    let mut spec = make_spec();
    spec.timers[0].job = ScheduledJob::CostCheck;
    let mut own = spec.clone();
    own.timers[0].with = vec!["--budget".to_owned(), "10EUR".to_owned()];

    for request in [ScheduleRequest { has_budget: true, ..make_request(&spec) }, make_request(&own)]
    {
        let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };
        run.plan_timers(&host.pings, &host.make_ports(&context)).await.unwrap();
    }
}

#[tokio::test]
async fn a_job_without_an_address_is_told() {
    let host = Host::new();
    let (context, spec) = (host.make_context(), make_spec());
    let request = make_request(&spec);
    let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };

    let planned = run.plan_timers(&host.pings, &host.make_ports(&context)).await.unwrap();

    let note = "Note: `/etc/datalake/pings` has no address for `key-age`.\n";
    assert_eq!(planned.render_notes(), note);
}

#[tokio::test]
async fn a_run_is_noted_in_record_metrics_and_ping() {
    let (host, spec) = (Host::new(), make_spec());
    let context = host.make_context();
    let note = host.make_note(&context, &spec);

    note.note_start().await.unwrap();
    host.clock.sleep(std::time::Duration::from_secs(42)).await;
    let record = note.note_end(&FINE).await.unwrap();

    assert_eq!(record.describe(), "usage: ok, after 42 s");
    assert_eq!(host.list_told(), ["https://hc.example/u/start", "https://hc.example/u"]);
    let SeenEntry::File { content, mode, .. } =
        host.files.look(&make_path("/metrics/datalake-usage.prom")).unwrap()
    else {
        panic!("a file")
    };
    assert_eq!(mode, Mode::PUBLIC);
    let metrics = String::from_utf8_lossy(content.expose()).into_owned();
    assert!(metrics.contains("duration_seconds{task=\"usage\"} 42\n"), "{metrics}");
}

#[tokio::test]
async fn a_finding_is_a_failure_with_its_code() {
    let (host, spec) = (Host::new(), make_spec());
    let context = host.make_context();
    let note = host.make_note(&context, &spec);
    note.note_start().await.unwrap();
    note.note_end(&FINE).await.unwrap();
    note.note_start().await.unwrap();

    let record = note.note_end(&FOUND).await.unwrap();

    assert_eq!(record.describe(), "usage: exit 3: it found something, after 0 s");
    assert_eq!(record.last_success.map(Timestamp::unix), Some(NOW));
    assert_eq!(host.list_told().last().unwrap(), "https://hc.example/u/fail");
}

#[tokio::test]
async fn metrics_that_cannot_be_written_are_told_and_the_record_is_kept() {
    let (host, mut spec) = (Host::new(), make_spec());
    spec.metrics = Some(make_path("/gone"));
    let context = host.make_context();
    let note = host.make_note(&context, &spec);
    note.note_start().await.unwrap();

    let error = note.note_end(&FINE).await.unwrap_err();

    assert!(error.messages[0].contains("/gone/datalake-usage.prom"), "{error:?}");
    let (address, text) = host.pings.list_told().pop().unwrap();
    assert_eq!(address, "https://hc.example/u/fail");
    assert!(text.contains("usage: ok\nmetrics `/gone/datalake-usage.prom`"), "{text}");
    let json = host.state.read("schedule/usage.json").unwrap();
    let record: JobRecord = serde_json::from_slice(&json).unwrap();
    assert!(record.end.unwrap().is_success());
}

#[tokio::test]
async fn nobody_who_answers_keeps_nothing_else_from_being_noted() {
    let (mut host, spec) = (Host::new(), make_spec());
    host.pings.is_silent = true;
    let context = host.make_context();
    let note = host.make_note(&context, &spec);

    assert!(note.note_start().await.is_err());
    let error = note.note_end(&FINE).await.unwrap_err();

    assert_eq!(error.messages[0], "the address of `usage` was not told");
    assert!(host.files.look(&make_path("/metrics/datalake-usage.prom")).is_ok());
    assert!(host.state.read("schedule/usage.json").is_ok());
}

#[tokio::test]
async fn a_broken_record_is_told_and_replaced() {
    let (host, spec) = (Host::new(), make_spec());
    host.state.write("schedule/usage.json", b"{").unwrap();
    let context = host.make_context();
    let reports = look_at_schedule(&context, &spec).await;
    assert!(reports[0].standing.describe().starts_with("UNKNOWN"), "{reports:?}");

    assert!(host.make_note(&context, &spec).note_start().await.is_err());
    assert!(host.make_note(&context, &spec).note_end(&FINE).await.is_ok());
}

#[tokio::test]
async fn status_tells_what_is_due_missed_failed_and_not_set_up() {
    let (host, spec) = (Host::new(), make_spec());
    let context = host.make_context();
    let told = async || describe_timers(&look_at_schedule(&context, &spec).await);
    assert_eq!(told().await.matches("NOT SET UP").count(), 2);
    host.apply_spec(&spec).await.unwrap();
    let since = Some(host.clock.now());
    let seen = SeenTimer { is_loaded: true, is_active: true, since, ..SeenTimer::default() };
    host.machine.timers.set_timer(ScheduledJob::Usage, seen);
    host.machine.timers.set_timer(ScheduledJob::KeyAge, SeenTimer { is_active: false, ..seen });
    let text = told().await;
    assert!(text.contains("timer     usage: has not been due yet"), "{text}");
    assert!(text.contains("timer     key-age: STOPPED"), "{text}");

    let note = host.make_note(&context, &spec);
    note.note_start().await.unwrap();
    note.note_end(&FOUND).await.unwrap();
    assert!(told().await.contains("usage: FAILED at 2027-01-15T08:00:00Z: exit 3"));

    host.clock.sleep(std::time::Duration::from_secs(3700)).await;
    assert!(told().await.contains("usage: due since 2027-01-15T09:00:00Z"));
    host.clock.sleep(std::time::Duration::from_mins(5)).await;
    assert!(
        told().await.contains("usage: MISSED: due at 2027-01-15T09:00:00Z and did not run; never")
    );
}
