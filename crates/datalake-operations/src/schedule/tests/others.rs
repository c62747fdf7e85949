//! What others have done to units, clocks and records.

use super::*;

fn write_unit(host: &Host, name: &str, text: &str) {
    let path = make_path(&format!("/etc/systemd/system/{name}"));
    let content = &FilledBody::new(text.as_bytes().to_vec());
    host.files.write(&path, &NewFile { content, mode: Mode::PUBLIC, owner: ROOT }).unwrap();
}

#[tokio::test]
async fn a_unit_that_somebody_has_edited_is_not_lost_by_a_rollback() {
    let host = Host::new();
    write_unit(&host, "datalake-usage.timer", "[Timer]\nOnCalendar=yearly\n");
    let before = host.take_picture().await;

    let receipt = host.apply_spec(&make_spec()).await.unwrap();
    host.undo_run(&receipt).await;

    assert_eq!(host.take_picture().await, before);
}

#[tokio::test]
async fn a_unit_that_datalake_has_not_written_and_nobody_asks_for_stays() {
    let host = Host::new();
    let (context, spec) = (host.make_context(), make_spec());
    write_unit(&host, "datalake-verify.timer", "[Timer]\nOnCalendar=yearly\n");
    let up = SeenTimer { is_loaded: true, is_active: true, ..SeenTimer::default() };
    host.machine.timers.set_timer(ScheduledJob::Verify, up);

    let request = make_request(&spec);
    let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };
    let planned = run.plan_timers(&host.pings, &host.make_ports(&context)).await.unwrap();
    host.apply_spec(&spec).await.unwrap();

    let note =
        "`/etc/systemd/system/datalake-verify.timer` was not written by datalake, and stays.";
    assert!(planned.render_notes().contains(note), "{}", planned.render_notes());
    let path = make_path("/etc/systemd/system/datalake-verify.timer");
    assert!(host.files.look(&path).is_ok());
    assert!(host.take_picture().await.1.contains(&ScheduledJob::Verify));
    assert!(host.plan_timers(&spec).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_from_the_future_hides_no_job_that_does_not_run() {
    let (host, spec) = (Host::new(), make_spec());
    let context = host.make_context();
    host.apply_spec(&spec).await.unwrap();
    let since = Some(host.clock.now());
    let seen = SeenTimer { is_loaded: true, is_active: true, since, ..SeenTimer::default() };
    host.machine.timers.set_timer(ScheduledJob::Usage, seen);
    let future = Timestamp::from_unix(NOW + 400_000_000).unwrap();
    let record = JobRecord::begin_run(ScheduledJob::Usage, None, future);
    let record = record.end(JobEnd { at: future, exit: Some(0), result: JobResult::Success });
    host.state.write("schedule/usage.json", &serde_json::to_vec(&record).unwrap()).unwrap();

    host.clock.sleep(std::time::Duration::from_hours(3)).await;

    let told = describe_timers(&look_at_schedule(&context, &spec).await);
    assert!(told.contains("usage: MISSED: due at 2027-01-15T09:00:00Z"), "{told}");
}

#[tokio::test]
async fn an_end_of_which_systemd_says_nothing_is_not_noted() {
    let (host, spec) = (Host::new(), make_spec());
    let context = host.make_context();
    let note = host.make_note(&context, &spec);
    note.note_start().await.unwrap();

    let end = ServiceEnd { result: "", code: "", status: "" };
    let error = note.note_end(&end).await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::Usage);
    let json = host.state.read("schedule/usage.json").unwrap();
    assert_eq!(serde_json::from_slice::<JobRecord>(&json).unwrap().end, None);
    assert_eq!(host.list_told(), ["https://hc.example/u/start"]);
}

#[tokio::test]
async fn below_another_root_the_file_of_addresses_is_that_hosts() {
    let mut host = Host::new();
    host.pings = MemoryPings::with_file("no address of this machine\n");
    let context = HostContext::new(&host.files, &host.state, &host.clock);
    let (spec, ports) = (make_spec(), host.make_ports(&context));
    let request = make_request(&spec);
    let run = ScheduleRun { context: &context, request: &request, reporter: &Quiet };

    assert!(run.plan_timers(&host.pings, &ports).await.is_ok());

    let here = host.make_context();
    let run = ScheduleRun { context: &here, ..run };
    assert!(run.plan_timers(&host.pings, &host.make_ports(&here)).await.is_err());
}
