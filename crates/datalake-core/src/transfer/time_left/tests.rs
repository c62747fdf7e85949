use super::*;

/// Files that go at one time.
const SLOTS: usize = 16;

/// A transfer on a clock that is only counted: each file waits for its requests, then its bytes share
/// the line with those of the others.
struct SimulatedLine {
    /// Bytes per second of the whole line.
    bytes_per_second: f64,
    /// What a file's requests take, in seconds.
    request: f64,
    slots: Vec<SimulatedFile>,
    waiting: Vec<u64>,
    done: TransferAmount,
    chance: Chance,
}

struct SimulatedFile {
    waits: f64,
    bytes: u64,
}

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn draw_number(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        to_float(self.0 >> 40) / to_float(1 << 24)
    }
}

impl SimulatedLine {
    fn new(files: Vec<u64>, bytes_per_second: f64, request: f64) -> Self {
        let (slots, done) = (Vec::new(), TransferAmount::default());
        Self { bytes_per_second, request, slots, waiting: files, done, chance: Chance(7) }
    }

    fn count_left(&self) -> TransferAmount {
        let slots = self.slots.iter().map(|file| file.bytes).sum::<u64>();
        let items = (self.slots.len() + self.waiting.len()) as u64;
        TransferAmount { items, bytes: slots + self.waiting.iter().sum::<u64>() }
    }

    /// Goes on by a tenth of a second.
    fn move_on(&mut self) {
        while self.slots.len() < SLOTS {
            let Some(bytes) = self.waiting.pop() else { break };
            let waits = self.request * (0.5 + self.chance.draw_number());
            self.slots.push(SimulatedFile { waits, bytes });
        }
        let sending = self.slots.iter().filter(|file| file.waits <= 0.0).count();
        let noise = 0.7 + 0.6 * self.chance.draw_number();
        let share = self.bytes_per_second * noise / 10.0 / (sending.max(1) as f64);
        for file in &mut self.slots {
            if file.waits > 0.0 {
                file.waits -= 0.1;
                continue;
            }
            let sent = file.bytes.min(share as u64);
            file.bytes -= sent;
            self.done.bytes += sent;
        }
        let before = self.slots.len();
        self.slots.retain(|file| file.waits > 0.0 || file.bytes > 0);
        self.done.items += (before - self.slots.len()) as u64;
    }

    /// What was foreseen at each second of a run to its end.
    fn run_line(mut self) -> Vec<Option<Duration>> {
        let (mut pace, mut foreseen, mut tenths) = (TransferPace::default(), Vec::new(), 0);
        pace.add_sample(Duration::ZERO, self.done);
        while self.count_left().items > 0 {
            self.move_on();
            tenths += 1;
            if tenths % 2 == 0 {
                pace.add_sample(Duration::from_millis(tenths * 100), self.done);
            }
            if tenths % 10 == 0 {
                foreseen.push(pace.estimate_left(self.count_left()));
            }
        }
        foreseen
    }
}

/// Every second from the first minute to the last one is within a fifth of what it really took.
#[track_caller]
fn check_within_a_fifth(foreseen: &[Option<Duration>]) {
    let whole = foreseen.len() as f64;
    for (second, left) in foreseen.iter().enumerate().skip(60) {
        let really = whole - (second as f64) - 1.0;
        let told = left.unwrap().as_secs_f64();
        let allowed = (really * 0.2).max(12.0);
        assert!(
            (told - really).abs() <= allowed,
            "at {second} s: {told} s told, {really} s it took"
        );
    }
}

/// Small files, medium ones and long ones, as they lie in a folder.
fn mixed_files(number: usize) -> Vec<u64> {
    let mut chance = Chance(3);
    let size = |chance: &mut Chance| match (chance.draw_number() * 100.0) as u64 {
        0..70 => (2_000.0 + 60_000.0 * chance.draw_number()) as u64,
        70..97 => (1e6 * (1.0 + 4.0 * chance.draw_number())) as u64,
        _ => (4e7 * (1.0 + 2.0 * chance.draw_number())) as u64,
    };
    (0..number).map(|_| size(&mut chance)).collect()
}

#[test]
fn an_hour_of_mixed_files_is_foreseen_within_a_fifth_from_the_first_minute_on() {
    let foreseen = SimulatedLine::new(mixed_files(22_000), 2e7, 0.3).run_line();

    assert!((3_000..5_000).contains(&foreseen.len()), "{}", foreseen.len());
    check_within_a_fifth(&foreseen);
}

#[test]
fn an_hour_of_small_files_is_foreseen_within_a_fifth_from_the_first_minute_on() {
    let mut chance = Chance(5);
    let files = (0..120_000).map(|_| (500.0 + 9_000.0 * chance.draw_number()) as u64).collect();

    let foreseen = SimulatedLine::new(files, 2e7, 0.3).run_line();

    assert!((3_000..5_000).contains(&foreseen.len()), "{}", foreseen.len());
    check_within_a_fifth(&foreseen);
}

#[test]
fn an_hour_of_long_files_is_foreseen_within_a_fifth_from_the_first_minute_on() {
    let foreseen = SimulatedLine::new(vec![900_000_000; 80], 2e7, 0.3).run_line();

    assert!((3_000..5_000).contains(&foreseen.len()), "{}", foreseen.len());
    check_within_a_fifth(&foreseen);
}

#[test]
fn nothing_is_foreseen_before_anything_has_shown() {
    let left = TransferAmount { items: 5, bytes: 5_000 };
    let mut pace = TransferPace::default();
    assert_eq!((pace.find_rate(), pace.estimate_left(left)), (0, None));

    for second in 0..2 {
        let done = TransferAmount { items: second, bytes: second * 1_000 };
        pace.add_sample(Duration::from_secs(second), done);
    }
    assert_eq!((pace.find_rate(), pace.estimate_left(left)), (1_000, None));
}

#[test]
fn a_line_on_which_nothing_moves_foresees_nothing() {
    let mut pace = TransferPace::default();
    for second in 0..100 {
        pace.add_sample(Duration::from_secs(second), TransferAmount::default());
    }

    let left = pace.estimate_left(TransferAmount { items: 5, bytes: 5_000 });

    assert_eq!((pace.find_rate(), left), (0, None));
}

#[test]
fn what_would_take_weeks_is_not_foreseen() {
    let mut pace = TransferPace::default();
    for second in 0..100 {
        pace.add_sample(Duration::from_secs(second), TransferAmount { items: 0, bytes: second });
    }

    let left = pace.estimate_left(TransferAmount { items: 1, bytes: 400_000 });

    assert_eq!(left, None);
}

#[test]
fn the_rate_is_that_of_the_last_seconds() {
    let mut pace = TransferPace::default();
    for second in 0..60_u64 {
        let bytes = if second < 40 { 0 } else { (second - 40) * 500 };
        pace.add_sample(Duration::from_secs(second), TransferAmount { items: 0, bytes });
    }

    assert_eq!(pace.find_rate(), 500);
}
