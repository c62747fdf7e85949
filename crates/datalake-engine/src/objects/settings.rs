//! Settings of buckets.

/// All rules of a bucket for web pages of other origins; the order of rules matters to browsers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cors(pub Vec<CorsRule>);

/// One rule for web pages of other origins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CorsRule {
    /// Its id, where it has one.
    pub id: Option<String>,
    /// The origins, such as `https://example.com`; one `*` in each stands for anything.
    pub origins: Vec<String>,
    /// The methods that a page may use.
    pub methods: Vec<CorsMethod>,
    /// The headers that a page may send; one `*` in each stands for anything.
    pub headers: Vec<String>,
    /// The headers of answers that a page may see.
    pub exposed: Vec<String>,
    /// How many seconds a browser may remember this rule.
    pub max_age: Option<u32>,
}

/// A method that a rule can permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CorsMethod {
    /// Reading.
    Get,
    /// Asking for the headers.
    Head,
    /// Storing.
    Put,
    /// Storing by a form.
    Post,
    /// Deleting.
    Delete,
}

impl CorsMethod {
    /// All methods.
    pub const ALL: [Self; 5] = [Self::Get, Self::Head, Self::Put, Self::Post, Self::Delete];

    /// The method as HTTP writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Whether a bucket's versions can be locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BucketLock {
    /// They cannot, and there is no way to it: locks are chosen when a bucket is created.
    Never,
    /// They can; new versions are locked by themselves where a retention is set.
    Offered(Option<Retention>),
}

/// How long new versions are locked by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Who can undo it.
    pub mode: LockMode,
    /// For how long.
    pub period: LockPeriod,
}

/// Who can undo a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockMode {
    /// Those with a special permission.
    Governance,
    /// No one, until it expires.
    Compliance,
}

/// The length of a lock, in the unit that it was set in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LockPeriod {
    /// So many days.
    Days(u32),
    /// So many years.
    Years(u32),
}
