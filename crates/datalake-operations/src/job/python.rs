//! The operator's functions, each kept in a Python of its own and given one content after the other.

use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use datalake_core::fault::{Fault, FaultKind};
use datalake_engine::transfer::{ByteStream, Hashes, Hashing};
use datalake_engine::{Clock, ContentHash, PipedProgram, Programs};
use futures::{TryStreamExt as _, future};

/// The program that stands between the frames and the function.
const RUNNER: &str = include_str!("runner.py");

/// The most that a function may return: it is held in memory, for several objects at one time.
const LARGEST_RESULT: u64 = 64 << 20;
/// So many bytes are sent or received at one time.
const FRAME: usize = 1 << 20;
/// The length that stands for a content that broke off.
const BROKEN: u32 = u32::MAX;

/// How long a function may take for one object.
const LIMIT: Duration = Duration::from_mins(30);
/// How long its file may take until it is loaded.
const LOADING: Duration = Duration::from_mins(2);

/// A function of the operator's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PythonFunction {
    /// The program that runs it, such as `python3`.
    pub(super) python: String,
    /// Its name.
    pub(super) name: String,
    /// The text of the file that has it.
    pub(super) code: Vec<u8>,
}

/// Pythons that have loaded a function.
pub(super) struct PythonPool<'a> {
    programs: &'a dyn Programs,
    clock: &'a dyn Clock,
    function: PythonFunction,
    idle: Mutex<Vec<Box<dyn PipedProgram>>>,
}

/// What a function has made of a content.
pub(super) struct FunctionEnd {
    /// What it has returned.
    pub(super) result: Option<Bytes>,
    /// The hash of what it was given.
    pub(super) given: ContentHash,
}

/// Why a function has made nothing of a content.
pub(super) enum FunctionFault {
    /// The content could not be read.
    Content(Fault),
    /// The function has raised this exception, or is given up for this reason.
    Exception(String),
    /// Its Python cannot be used.
    Program(Fault),
}

/// An answer of the runner.
enum RunnerAnswer {
    Nothing,
    Bytes(Vec<u8>),
    Exception(String),
}

impl<'a> PythonPool<'a> {
    pub(super) fn new(
        programs: &'a dyn Programs,
        clock: &'a dyn Clock,
        function: PythonFunction,
    ) -> Self {
        Self { programs, clock, function, idle: Mutex::default() }
    }

    /// Gives a content to the function.
    ///
    /// # Errors
    ///
    /// [`FunctionFault`]; the next content gets a Python of its own where this one is of no use any more.
    pub(super) async fn call_function(
        &self,
        key: &str,
        content: ByteStream<'_>,
    ) -> Result<FunctionEnd, FunctionFault> {
        let mut program = self.take_program().await.map_err(FunctionFault::Program)?;
        let call = Box::pin(exchange_frames(program.as_mut(), key, content));
        let ended = match future::select(call, self.clock.sleep(LIMIT)).await {
            future::Either::Left((ended, _)) => ended.map_err(FunctionFault::Program)?,
            future::Either::Right(_) => {
                let minutes = LIMIT.as_secs() / 60;
                let cause = format!("the function took longer than {minutes} minutes");
                return Err(FunctionFault::Exception(cause));
            }
        };
        self.put_back(program);
        ended
    }

    /// Starts one Python, to see that it loads the function.
    ///
    /// # Errors
    ///
    /// A fault of kind `Refused` with the exception, and one of a Python that cannot be started.
    pub(super) async fn check_function(&self) -> Result<(), Fault> {
        let program = self.start_program().await?;
        self.put_back(program);
        Ok(())
    }

    async fn take_program(&self) -> Result<Box<dyn PipedProgram>, Fault> {
        let idle = self.hold_idle().pop();
        match idle {
            Some(program) => Ok(program),
            None => self.start_program().await,
        }
    }

    fn put_back(&self, program: Box<dyn PipedProgram>) {
        self.hold_idle().push(program);
    }

    fn hold_idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn PipedProgram>>> {
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn start_program(&self) -> Result<Box<dyn PipedProgram>, Fault> {
        let loading = Box::pin(self.load_function());
        match future::select(loading, self.clock.sleep(LOADING)).await {
            future::Either::Left((loaded, _)) => loaded,
            future::Either::Right(_) => {
                let minutes = LOADING.as_secs() / 60;
                let detail = format!("its file was not loaded within {minutes} minutes");
                Err(Fault::new(FaultKind::Refused, detail))
            }
        }
    }

    async fn load_function(&self) -> Result<Box<dyn PipedProgram>, Fault> {
        let words = [self.function.python.as_str(), "-I", "-c", RUNNER].map(str::to_owned);
        let mut program = self.programs.open_pipes(&words).await?;
        let name = serde_json::Value::from(self.function.name.as_str()).to_string();
        send_frame(program.as_mut(), name.as_bytes()).await?;
        send_frame(program.as_mut(), &self.function.code).await?;
        match receive_answer(program.as_mut()).await? {
            RunnerAnswer::Exception(text) => Err(Fault::new(FaultKind::Refused, text)),
            RunnerAnswer::Nothing | RunnerAnswer::Bytes(_) => Ok(program),
        }
    }
}

/// The outer fault is one of the program, which is of no use any more.
async fn exchange_frames(
    program: &mut dyn PipedProgram,
    key: &str,
    mut content: ByteStream<'_>,
) -> Result<Result<FunctionEnd, FunctionFault>, Fault> {
    send_frame(program, serde_json::Value::from(key).to_string().as_bytes()).await?;
    let mut hashes = Hashes::begin(Hashing::Sha256);
    let broken = loop {
        match content.try_next().await {
            Ok(Some(chunk)) => {
                hashes.update(&chunk);
                for piece in chunk.chunks(FRAME) {
                    send_frame(program, piece).await?;
                }
            }
            Ok(None) => break None,
            Err(fault) => break Some(fault),
        }
    };
    let end = if broken.is_some() { BROKEN } else { 0 };
    program.send_bytes(&end.to_be_bytes()).await?;
    let answer = receive_answer(program).await?;
    if let Some(fault) = broken {
        return Ok(Err(FunctionFault::Content(fault)));
    }
    let given = ContentHash(hashes.digests().sha256.unwrap_or_default());
    Ok(match answer {
        RunnerAnswer::Nothing => Ok(FunctionEnd { result: None, given }),
        RunnerAnswer::Bytes(bytes) => Ok(FunctionEnd { result: Some(bytes.into()), given }),
        RunnerAnswer::Exception(text) => Err(FunctionFault::Exception(text)),
    })
}

async fn send_frame(program: &mut dyn PipedProgram, bytes: &[u8]) -> Result<(), Fault> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length != BROKEN);
    let too_long = || Fault::new(FaultKind::TooLarge, "a frame of more than 4 GiB");
    program.send_bytes(&length.ok_or_else(too_long)?.to_be_bytes()).await?;
    program.send_bytes(bytes).await
}

async fn receive_answer(program: &mut dyn PipedProgram) -> Result<RunnerAnswer, Fault> {
    let head = program.receive_bytes(9).await?;
    let (kind, length) = head.split_first().map_or((0, &[][..]), |(kind, rest)| (*kind, rest));
    let length = u64::from_be_bytes(length.try_into().unwrap_or_default());
    if length > LARGEST_RESULT {
        let detail = format!("the function returned more than {} MiB", LARGEST_RESULT >> 20);
        return Err(Fault::new(FaultKind::TooLarge, detail));
    }
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < length {
        let left = usize::try_from(length - bytes.len() as u64).unwrap_or(FRAME);
        bytes.extend(program.receive_bytes(left.min(FRAME)).await?);
    }
    match kind {
        b'N' => Ok(RunnerAnswer::Nothing),
        b'B' => Ok(RunnerAnswer::Bytes(bytes)),
        b'E' => Ok(RunnerAnswer::Exception(String::from_utf8_lossy(&bytes).into_owned())),
        _ => Err(Fault::new(FaultKind::Unreadable, "the runner's answer is none")),
    }
}
