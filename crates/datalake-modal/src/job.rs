//! A job in Modal: a file of its own with one function, and the calls of that function.

use std::time::Duration;

use async_trait::async_trait;
use datalake_core::fault::{Fault, FaultKind};
use datalake_core::job::{JobName, WorkerCall};
use datalake_core::modal::{InvalidModalName, ModalName, ModalObject};
use datalake_core::text::printable;
use datalake_engine::{ModalAccount as _, ShardEngine};

use crate::client::{CHANGING, ModalClient};

const JOB: &str = include_str!("templates/job.py");

/// What bringing the worker to Modal may take: an image may have to be built there.
const DEPLOYING: Duration = Duration::from_mins(30);

/// How long calls may take, all together.
const CALLING: Duration = Duration::from_hours(24 * 30);

/// How much is told of what the client says.
const LONGEST_COMPLAINT: usize = 2_000;

/// A job in Modal.
pub struct ModalJob<'a> {
    /// Modal's client, on this host.
    pub client: &'a ModalClient<'a>,
    /// The file with the function, by its absolute path.
    pub file: String,
    /// The app of the job.
    pub app: ModalObject,
}

/// The app of a job.
///
/// # Errors
///
/// [`InvalidModalName`] for a job whose name is too long for one.
pub fn name_job_app(
    job: &JobName,
    environment: Option<&ModalName>,
) -> Result<ModalObject, InvalidModalName> {
    let name = format!("datalake-job-{job}").parse()?;
    Ok(ModalObject { name, environment: environment.cloned() })
}

/// The file with the function of a job, and with what calls it.
#[must_use]
pub fn render_job(
    call: &WorkerCall<'_>,
    workers: u32,
    app: &ModalObject,
    secret: &ModalObject,
) -> String {
    let environment = |object: &ModalObject, before: &str| {
        let environment = object.environment.as_ref();
        environment.map(|name| format!("{before}environment_name=\"{name}\""))
    };
    let within = environment(secret, "\n    ").map(|text| text + ",");
    let brake = match call.job.brake.requests_per_second {
        Some(limit) => format!("they share {limit} requests a second"),
        None => "at one time".to_owned(),
    };
    let (code, flags) = match call.code {
        Some(code) => (
            format!(
                "image = image.add_local_file({}, \"/root/code.py\")\n",
                WorkerCall::quote_text(code)
            ),
            "\n    words += [\"--code\", str(HERE / \"code.py\"), \"--python\", sys.executable]",
        ),
        None => (String::new(), ""),
    };
    let text = JOB
        .replace("{{job}}", call.job.name.as_str())
        .replace("{{app}}", app.name.as_str())
        .replace("{{workers}}", &workers.to_string())
        .replace("{{why_workers}}", &brake)
        .replace("{{program}}", &WorkerCall::quote_text(call.program))
        .replace("{{bucket}}", call.bucket)
        .replace("{{code}}", &code)
        .replace("{{flags}}", flags)
        .replace("{{secret}}", secret.name.as_str())
        .replace("{{environment}}", &within.unwrap_or_default());
    text.replace("{{called}}", &environment(app, ", ").unwrap_or_default())
}

#[async_trait]
impl ShardEngine for ModalJob<'_> {
    async fn deploy_worker(&self) -> Result<(), Fault> {
        let environment = self.app.environment.as_ref();
        self.client.run(&["deploy", &self.file], environment, DEPLOYING).await.map(drop)
    }

    async fn call_worker(&self, shards: &str) -> Result<(), Fault> {
        let ran = self.client.run_python(&[&self.file, shards], CALLING).await?;
        if ran.is_done {
            return Ok(());
        }
        let said = String::from_utf8_lossy(ran.stderr.expose());
        let start = said.len().saturating_sub(LONGEST_COMPLAINT);
        let end = (start..said.len()).find_map(|at| said.get(at..)).unwrap_or_default();
        Err(Fault::new(FaultKind::Refused, printable(end.trim())))
    }

    async fn end_workers(&self) -> Result<(), Fault> {
        let ModalObject { name, environment } = &self.app;
        let apps = self.client.list_apps(environment.as_ref()).await?;
        let is_meant = |name: &str| name == self.app.name.as_str();
        if !apps.iter().any(|listed| listed.is_deployed() && is_meant(&listed.description)) {
            return Err(Fault::new(FaultKind::Absent, "it is not deployed"));
        }
        let words = ["app", "stop", name.as_str(), "--yes"];
        self.client.run(&words, environment.as_ref(), CHANGING).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use datalake_core::job::{JobBrake, JobId, JobKind, JobManifest};
    use datalake_core::size::ByteSize;
    use datalake_core::time::Timestamp;

    use super::*;

    fn make_job(requests: Option<u32>) -> JobManifest {
        JobManifest {
            schema_version: JobManifest::SCHEMA_VERSION,
            name: "hash-2".parse().unwrap(),
            id: JobId::of_number(26),
            kind: JobKind::Checksum,
            source: "s3://lake/".to_owned(),
            destination: None,
            code: None,
            planned: Timestamp::from_unix(1).unwrap(),
            shards: 7,
            objects: 7,
            bytes: ByteSize(7),
            brake: JobBrake { requests_per_second: requests, connections: 8 },
        }
    }

    fn render_file(code: Option<&str>, environment: Option<&str>) -> String {
        let job = make_job(Some(750));
        let environment: Option<ModalName> = environment.map(|text| text.parse().unwrap());
        let secret = ModalObject { name: "s3".parse().unwrap(), environment: environment.clone() };
        let app = name_job_app(&job.name, environment.as_ref()).unwrap();
        let call = WorkerCall { job: &job, bucket: "lake", program: "/usr/bin/datalake", code };
        render_job(&call, 7, &app, &secret)
    }

    #[test]
    fn a_job_is_a_file_of_at_most_sixty_lines_with_nothing_left_to_fill_in() {
        for (code, environment) in [(None, None), (Some("/home/a \"b\"/c.py"), Some("dev"))] {
            let text = render_file(code, environment);

            // The line that says who has written it comes before.
            assert!(text.lines().count() < 60, "{}", text.lines().count());
            assert!(!text.contains("{{") && !text.contains("}}"), "{text}");
            assert_eq!(
                text.matches("environment_name=\"dev\"").count(),
                2 * environment.map_or(0, |_| 1)
            );
            assert_eq!(text.contains(r#""/home/a \"b\"/c.py""#), code.is_some());
            assert!(text.lines().all(|line| line.len() <= 100), "{text}");
        }
    }

    #[test]
    fn as_many_containers_run_as_the_brake_is_shared_among() {
        let text = render_file(None, None);

        assert!(text.contains("WORKERS = 7  # they share 750 requests a second"), "{text}");
        assert!(text.contains("max_containers=WORKERS") && text.contains("str(WORKERS)"));
    }

    #[test]
    fn a_job_whose_name_is_too_long_for_an_app_is_refused() {
        let name = "x".repeat(63).parse().unwrap();
        assert!(name_job_app(&name, None).is_err());
    }
}
