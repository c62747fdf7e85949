//! `cost whatif`: what would change.

use datalake_core::price::{Bill, Micros, UsageHistory, bill};
use datalake_core::{ByteSize, Days, Expire, Lifecycle, Timestamp, Usage, Versioning};
use datalake_engine::{Clock as _, ObjectStore as _, Place, Surveyor, Thing, ThingKind, survey};
use datalake_host::UsageDb;
use schemars::JsonSchema;
use serde::Serialize;

use super::basis::{Basis, log_failure};
use crate::args::Cli;
use crate::args::cost::Whatif;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remote::{Remote, at_bucket};
use crate::render::{
    BillTold, DocumentKind, Printer, Ticker, counted, paid_words, size, usage_words,
};

pub(super) const COST_WHATIF: DocumentKind = DocumentKind::of::<Told>("cost-whatif");

const DAY: i64 = 86_400;
const ONE: u64 = 1_000_000;

/// What is asked, and what came of it.
struct Question<'a> {
    expire: &'a [Expire],
    /// How many times smaller contents are, in millionths.
    compress: u64,
    /// What the bucket does with what expires.
    keeps: Keeps,
    now: Timestamp,
    ticker: Ticker,
    before: Usage,
    after: Usage,
    expired: Usage,
}

/// How long something that expired lies there still.
#[derive(Clone, Copy)]
enum Keeps {
    /// It is gone at once: there are no versions.
    Nothing,
    /// It is an old version for so long.
    For(Days),
    /// It is an old version for ever.
    ForEver,
}

/// A month as it is, and as it would be.
#[derive(Serialize, JsonSchema)]
struct Told {
    /// The bucket.
    bucket: String,
    /// What the keys begin with.
    prefix: String,
    /// The bill as things are.
    before: BillTold,
    /// The bill as they would be.
    after: BillTold,
    /// What is billed as things are, in bytes.
    before_billed_bytes: u64,
    /// What would be billed, in bytes.
    after_billed_bytes: u64,
    /// How many objects would expire.
    expired_count: u64,
    /// Their size in bytes.
    expired_bytes: u64,
}

pub(super) async fn whatif(cli: &Cli, flags: &Whatif, printer: Printer) -> Result<Exit, Failure> {
    if flags.expire.is_empty() && flags.compress.is_none() && flags.egress.is_none() {
        return Err(Failure::new(Exit::Usage, "nothing is asked")
            .hint("give --expire PREFIX:DAYS, --compress RATIO or --egress SIZE"));
    }
    let ratio = flags.compress.map_or(ONE, Micros::count);
    if ratio < ONE {
        let message = "contents do not get larger: --compress takes 1 and more";
        return Err(Failure::new(Exit::Usage, message));
    }
    let remote = Remote::open(cli, printer).await?;
    let basis = Basis::of(&remote.site, &flags.terms)?;
    let (bucket, pattern) = remote.keys(&flags.keys, true)?;
    let (lake, prefix) = (remote.lake(), pattern.literal());
    let versioning = lake.versioning(&bucket).await.map_err(at_bucket(&bucket))?;
    let rules = lake.lifecycle(&bucket).await.map_err(at_bucket(&bucket))?;
    let mut question = Question {
        expire: &flags.expire,
        compress: ratio,
        keeps: Keeps::of(versioning, &rules),
        now: remote.site.clock.now(),
        ticker: Ticker::new(printer),
        before: Usage::default(),
        after: Usage::default(),
        expired: Usage::default(),
    };
    survey(&lake, (&bucket, prefix), &mut question).await.map_err(at_bucket(&bucket))?;
    question.ticker.clear();

    let place = Place { endpoint: remote.spec.endpoint.clone(), bucket };
    let log = UsageDb::open_existing(&remote.site.state).map_err(|fault| log_failure(&fault))?;
    let egress = basis.noted(log.as_ref(), &place)?.counted;
    let more = flags.egress.unwrap_or_default().0;
    let before = steady(&basis, &question.before, egress)?;
    let after = steady(&basis, &question.after, egress.saturating_add(more))?;
    let text = text(&basis, &question, (&before, &after), more);
    let told = Told {
        bucket: place.bucket.to_string(),
        prefix: prefix.to_owned(),
        before: BillTold::new(&basis.plan, &before, basis.vat),
        after: BillTold::new(&basis.plan, &after, basis.vat),
        before_billed_bytes: billed(&basis, &question.before),
        after_billed_bytes: billed(&basis, &question.after),
        expired_count: question.expired.total().count,
        expired_bytes: question.expired.total().bytes,
    };
    printer.result(COST_WHATIF, told, &text);
    Ok(Exit::Done)
}

fn billed(basis: &Basis, usage: &Usage) -> u64 {
    let smallest = basis.smallest();
    let tallies = [usage.current, usage.noncurrent, usage.markers, usage.uploads];
    tallies.iter().map(|tally| tally.billed_by(smallest).0).sum()
}

fn steady(basis: &Basis, usage: &Usage, egress: u64) -> Result<Bill, Failure> {
    let stored = ByteSize(billed(basis, usage));
    let history = UsageHistory::steady(basis.month, stored, ByteSize(egress));
    Ok(bill(&basis.plan, basis.month, &history, basis.account)?)
}

fn text(basis: &Basis, question: &Question<'_>, bills: (&Bill, &Bill), more: u64) -> String {
    let line = |name: &str, usage: &Usage, bill: &Bill| {
        let (stored, sum) = (size(billed(basis, usage)), paid_words(bill.net(), basis.vat));
        let egress = size(bill.egressed.0);
        format!("{name:<6} {stored:>10} billed  {egress:>10} egress  {sum}\n")
    };
    let mut text = line("now", &question.before, bills.0);
    text.push_str(&line("then", &question.after, bills.1));
    let expired = question.expired.total();
    if !question.expire.is_empty() {
        let what = counted(expired.count, "object");
        text.push_str(&format!("{what} of {} would have expired", size(expired.bytes)));
        text.push_str(match question.keeps {
            Keeps::Nothing => ".\n",
            Keeps::For(_) => ", and their old versions would have gone, too.\n",
            Keeps::ForEver => {
                "; no rule deletes old versions, so all of it would still be billed: `datalake \
                 bucket lifecycle set`\n"
            }
        });
    }
    if question.compress > ONE {
        text.push_str("No object is billed below its smallest size, however small it gets.\n");
    }
    if more > 0 {
        text.push_str("What Hetzner servers in eu-central read is no egress; Modal's reads are.\n");
    }
    text
}

impl Keeps {
    fn of(versioning: Versioning, rules: &Lifecycle) -> Self {
        if versioning == Versioning::Never {
            return Self::Nothing;
        }
        let all = rules.iter().filter(|(_, rule)| rule.enabled && rule.prefix.is_empty());
        let shortest = all.filter_map(|(_, rule)| rule.expire_noncurrent).min();
        shortest.map_or(Self::ForEver, Self::For)
    }
}

impl Question<'_> {
    /// Whether something would be gone, if the rules had been there all the time.
    fn is_gone(&self, thing: &Thing<'_>) -> Option<bool> {
        if thing.kind != ThingKind::Current {
            return None;
        }
        let mut rules = self.expire.iter().filter(|rule| thing.key.starts_with(&rule.prefix));
        let age = (self.now.unix() - thing.since.unix()) / DAY;
        let rule = rules.find(|rule| age >= i64::from(rule.after.count()))?;
        Some(match self.keeps {
            Keeps::Nothing => true,
            Keeps::ForEver => false,
            Keeps::For(days) => age >= i64::from(rule.after.count()) + i64::from(days.count()),
        })
    }
}

impl Surveyor for Question<'_> {
    fn sees(&mut self, thing: &Thing<'_>) {
        thing.count_in(&mut self.before);
        match self.is_gone(thing) {
            Some(true) => return thing.count_in(&mut self.expired),
            Some(false) => thing.count_in(&mut self.expired),
            None => (),
        }
        let smaller = |size: ByteSize| {
            let size = u128::from(size.0) * u128::from(ONE);
            let smaller = size.div_ceil(u128::from(self.compress.max(ONE)));
            ByteSize(u64::try_from(smaller).unwrap_or(u64::MAX))
        };
        let smaller = Thing { size: thing.size.map(smaller), ..*thing };
        smaller.count_in(&mut self.after);
    }

    fn page(&mut self) {
        let before = &self.before;
        self.ticker.tell(|| usage_words(before));
    }
}
