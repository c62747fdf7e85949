//! The pure core of `datalake`: what is wanted, what is found, and the way between.
//!
//! Values go in and values come out; nothing here reads a clock, a file, the environment or the
//! network. A tool that embeds it makes the calls that the command line makes:
//!
//! 1. observe the world with ports of its own (or those of `datalake-engine`) into
//!    [`Observed`](plan::Observed);
//! 2. turn what is wanted into [`Desired`](plan::Desired);
//! 3. [`plan_provision`](plan::plan_provision) the way, [`lint`](plan::lint) it and
//!    [`rehearse`](plan::rehearse) it;
//! 4. carry out the [`Plan`](plan::Plan) and keep the [`Receipt`](receipt::Receipt), from which
//!    [`plan_rollback`](receipt::plan_rollback) makes the way back.
//!
//! | module | what it holds |
//! |---|---|
//! | [`spec`] | what the operator asked for |
//! | [`plan`] | what is wanted, what was observed, the steps between |
//! | [`receipt`] | what runs have done, and the way back |
//! | [`s3`], [`host`], [`modal`] | names and values of the three places |
//! | [`policy`] | bucket policies: roles, what gateways make of them, what is wrong with them |
//! | [`secret`] | key pairs, fingerprints, bodies of files that name secrets |
//! | [`rotation`] | the change of a key pair: its age, its stages, what comes next |
//! | [`tables`] | logs of tables, commits that got lost |
//! | [`transfer`], [`migration`] | what becomes of each file and object |
//! | [`job`] | work on every object, in shards with receipts |
//! | [`schedule`] | commands that run by themselves, and what became of them |
//! | [`usage`], [`price`] | what lies in a bucket, and what it costs |
//! | [`doctor`] | findings and their cures |
//! | [`advice`] | what to do next, as data |
//! | [`fault`] | why something could not be learned or done |
//! | [`text`], [`size`], [`time`] | how values are read and written |
//!
//! [`prelude`] has the few that nearly every caller needs.
//!
//! ```
//! use datalake_core::plan::{Desired, DesiredBucket, Found, Observed, Service, plan_provision};
//! use datalake_core::s3::Lifecycle;
//!
//! let bucket = DesiredBucket {
//!     name: "acme-dagster-assets".parse()?,
//!     versioning: true,
//!     lifecycle: Lifecycle::protection(Some("30d".parse()?), None),
//! };
//! let desired = Desired::new(bucket, "assets/.probe".parse()?);
//! let mut observed = Observed::nothing();
//! observed.service = Found::Present(Service { clock_ahead: 0, owner: None });
//! observed.buckets.insert(desired.bucket.name.clone(), Found::Absent);
//!
//! let plan = plan_provision(&desired, &observed).unwrap();
//!
//! let verbs: Vec<_> = plan.steps.iter().map(|step| step.action.verb()).collect();
//! assert_eq!(verbs, ["create bucket", "prove access", "set versioning", "set lifecycle"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod advice;
pub mod clients;
pub mod doctor;
pub mod fault;
pub mod host;
pub mod job;
pub mod migration;
pub mod modal;
pub mod plan;
pub mod policy;
pub mod prelude;
pub mod price;
pub mod receipt;
pub mod rotation;
pub mod s3;
pub mod schedule;
pub mod secret;
pub mod size;
pub mod spec;
pub mod tables;
pub mod text;
pub mod time;
pub mod transfer;
pub mod usage;

/// The samples of the page about embedding, which are run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
