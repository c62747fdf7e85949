//! Exit codes: an interface, so codes are added and never changed.

use datalake_operations::ErrorKind;

/// What the program's end says to scripts and timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// The command line was not understood.
    Usage = 2,
    /// Changes are pending, or the host has drifted.
    Drift = 3,
    /// The world is not as it must be: someone has changed it meanwhile.
    Mismatch = 4,
    /// Stopped on the way; some steps are done.
    Partly = 5,
    /// A month will cost more than it may.
    OverBudget = 6,
    /// Another run holds the lock.
    Locked = 7,
    /// The bucket, object or key that was named is not there.
    Absent = 66,
    /// The service cannot be reached or has a fault.
    Unavailable = 69,
    /// A bug of datalake.
    Bug = 70,
    /// The disk is full, read-only or faulty, or the output cannot be written.
    Io = 74,
    /// The service asks to come back later.
    TryAgain = 75,
    /// The key or the user is not allowed to, or somebody else may have written what is to be used.
    Denied = 77,
    /// The spec, the credentials or the host's set-up is wrong.
    Config = 78,
    /// Stopped by the operator.
    Interrupted = 130,
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Usage => Self::Usage,
            ErrorKind::Mismatch => Self::Mismatch,
            ErrorKind::Partly => Self::Partly,
            ErrorKind::Locked => Self::Locked,
            ErrorKind::Absent => Self::Absent,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Bug => Self::Bug,
            ErrorKind::Io => Self::Io,
            ErrorKind::TryAgain => Self::TryAgain,
            ErrorKind::Denied => Self::Denied,
            ErrorKind::Config => Self::Config,
            ErrorKind::Interrupted => Self::Interrupted,
        }
    }
}

impl From<Exit> for ErrorKind {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Usage => Self::Usage,
            Exit::Mismatch => Self::Mismatch,
            Exit::Partly => Self::Partly,
            Exit::Locked => Self::Locked,
            Exit::Absent => Self::Absent,
            Exit::Unavailable => Self::Unavailable,
            Exit::Io => Self::Io,
            Exit::TryAgain => Self::TryAgain,
            Exit::Denied => Self::Denied,
            Exit::Config => Self::Config,
            Exit::Interrupted => Self::Interrupted,
            // None of these is the end of something that has failed.
            Exit::Bug | Exit::Done | Exit::Drift | Exit::OverBudget => Self::Bug,
        }
    }
}

impl Exit {
    /// All codes, for the documentation.
    pub const ALL: [Self; 15] = [
        Self::Done,
        Self::Usage,
        Self::Drift,
        Self::Mismatch,
        Self::Partly,
        Self::OverBudget,
        Self::Locked,
        Self::Absent,
        Self::Unavailable,
        Self::Bug,
        Self::Io,
        Self::TryAgain,
        Self::Denied,
        Self::Config,
        Self::Interrupted,
    ];

    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }

    /// What it means, in a line.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, or nothing to do",
            Self::Usage => "the command line was not understood",
            Self::Drift => "changes are pending, or the host has drifted",
            Self::Mismatch => "something is not as it must be: it changed or got lost",
            Self::Partly => "partly done: stopped on the way, or some items failed",
            Self::OverBudget => "a month will cost more than the budget",
            Self::Locked => "another run is at work here",
            Self::Absent => "a named file, folder, bucket, object or key does not exist",
            Self::Unavailable => "the service cannot be reached or has a fault",
            Self::Bug => "a bug of datalake",
            Self::Io => "the disk is full, read-only or faulty, or the output cannot be written",
            Self::TryAgain => "the service asks to come back later",
            Self::Denied => {
                "the key or the user is not allowed to, or a file that is to be used may be someone \
                 else's"
            }
            Self::Config => "the spec, the credentials or the host's set-up is wrong",
            Self::Interrupted => "stopped by the operator",
        }
    }
}

impl Exit {
    /// What a script or a person does next.
    #[must_use]
    pub fn next(self) -> &'static str {
        match self {
            Self::Done => "nothing",
            Self::Usage => "read the message and `--help`; nothing was changed",
            Self::Drift => {
                "look at what is shown; run the same without `--dry-run`, or `provision`, to put it right"
            }
            Self::Mismatch => {
                "check what differs before running anything again: someone else is at work, or data was lost"
            }
            Self::Partly => {
                "run the same command again: it goes on from there. What it names needs a look"
            }
            Self::OverBudget => "look at `datalake cost report`, or raise `cost: budget:`",
            Self::Locked => {
                "wait for the other run, which is named; a killed one gives the lock back by itself"
            }
            Self::Absent => {
                "check the name; `datalake ls` and `datalake bucket list` show what exists"
            }
            Self::Unavailable => "try again later; `datalake doctor` shows what is broken",
            Self::Bug => "report it with the message; `datalake rollback` undoes what was done",
            Self::Io => "free space or look at the disk, then run the same again",
            Self::TryAgain => "run the same again after a minute, or with less at one time",
            Self::Denied => {
                "use another key, run it as root or the service user, or put owner and mode of what \
                 is named right"
            }
            Self::Config => "change what the message names; running it again is of no use before",
            Self::Interrupted => "run the same command again: it goes on from there",
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
