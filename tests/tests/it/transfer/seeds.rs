//! Trees and buckets that are edited at random: what is said to be equal is.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use datalake_engine::{ListAsk, ObjectPages, ObjectSource, Objects as _};
use futures::StreamExt as _;

use super::{Bed, Dice, LAKE, PART, configured, noise};

/// Contents by name.
type Contents = BTreeMap<String, Vec<u8>>;

/// One pair of a tree and a bucket.
struct Pair {
    bed: Bed,
    dice: Dice,
    /// How often the state was lost.
    state: u64,
    log: Vec<String>,
}

impl Pair {
    fn new(seed: u64) -> Self {
        Self { bed: Bed::new(), dice: Dice::new(seed), state: 0, log: Vec::new() }
    }

    fn note(&mut self, text: String) {
        self.log.push(text);
    }

    fn flags(&self) -> String {
        format!("--part-size 5M --state state-{}", self.state)
    }

    /// How a command ends.
    fn code(&mut self, words: &str) -> i32 {
        let ran = self.bed.call(words).run();
        let code = ran.status.code().unwrap();
        self.note(format!("{words}: {code}\n{}", ran.all()));
        code
    }

    /// `verify` of these two places says 0 only where they are equal in all that the source has.
    #[track_caller]
    fn check(
        &mut self,
        (source, dest): (&str, &str),
        sides: impl Fn(&Bed) -> (Contents, Contents),
    ) {
        let deep = if self.dice.below(3) == 0 { "--deep" } else { "" };
        let state = self.state;
        let code = self.code(&format!("verify {deep} --state state-{state} {source} {dest}"));
        let (source, dest) = sides(&self.bed);
        let differ = source.iter().any(|(name, content)| dest.get(name) != Some(content));
        assert!(!(differ && code == 0), "{}", self.log.join("\n"));
    }

    /// One edit on one of the sides, as people, other tools and clocks make them.
    fn edit(&mut self) {
        let name = self.name();
        let path = self.bed.data().join(&name);
        match self.dice.below(9) {
            0 => self.write(&path, 0),
            1 => self.write(&path, -3600),
            // A clock that jumps.
            2 => self.write(&path, 3 * 86_400),
            3 if path.is_file() => self.touch(&path),
            4 | 5 if path.is_file() => self.change_a_byte(&path),
            6 if path.is_file() => {
                let to = self.bed.data().join(self.name());
                if !to.exists() {
                    fs::create_dir_all(to.parent().unwrap()).unwrap();
                    fs::rename(&path, &to).unwrap();
                }
            }
            7 if path.is_file() && self.tree().len() > 2 => fs::remove_file(&path).unwrap(),
            _ => {
                // Somebody else stores something of the same length.
                let length = fs::read(&path).map_or(7, |content| content.len());
                let content = noise(length, self.dice.below(99));
                self.bed.shelf.put_content(&format!("raw/{name}"), &content);
            }
        }
        self.note(format!("edited {name}"));
    }

    fn name(&mut self) -> String {
        let folder = ["", "a/", "b/", "b/c/"][usize::try_from(self.dice.below(4)).unwrap()];
        format!("{folder}{}", self.dice.below(4))
    }

    fn write(&mut self, path: &Path, seconds: i64) {
        let sizes = [0, 1, 40, 4096, 300_000, PART + 3];
        let size = sizes[usize::try_from(self.dice.below(6)).unwrap()];
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, noise(size, self.dice.below(3))).unwrap();
        set_time(path, seconds);
    }

    fn touch(&mut self, path: &Path) {
        let seconds = i64::try_from(self.dice.below(9000)).unwrap();
        set_time(path, -seconds);
    }

    /// Of the same size; of the same time, too, as tools that keep times do it, or of an older one.
    fn change_a_byte(&mut self, path: &Path) {
        let mut content = fs::read(path).unwrap();
        let Some(last) = content.last_mut() else { return };
        *last ^= 1;
        let before = fs::metadata(path).unwrap().modified().unwrap();
        fs::write(path, content).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        let older = Duration::from_secs(self.dice.below(2) * 500);
        file.set_modified(before - older).unwrap();
    }

    fn tree(&self) -> Contents {
        contents(&self.bed.data())
    }

    /// Starts a run and kills it after a while.
    fn kill_a_run(&mut self) {
        let words = format!("sync {} data {LAKE}", self.flags());
        let mut child = self.bed.call(&words).start();
        let point = self.bed.service().counts().requests + self.dice.below(12);
        while self.bed.service().counts().requests < point {
            if child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        self.note("killed a run".to_owned());
    }

    fn round(&mut self) {
        for _ in 0..=self.dice.below(6) {
            self.edit();
        }
        match self.dice.below(6) {
            0 => self.state += 1,
            1 => self.kill_a_run(),
            _ => (),
        }
        let up = |bed: &Bed| (contents(&bed.data()), objects(bed));
        self.check(("data", LAKE), up);

        let flags = self.flags();
        let code = self.code(&format!("sync --delete --max-delete 99 {flags} data {LAKE}"));
        assert_eq!(code, 0, "{}", self.log.join("\n"));
        assert_eq!(objects(&self.bed), self.tree(), "{}", self.log.join("\n"));
        let state = self.state;
        let code = self.code(&format!("verify --state state-{state} data {LAKE}"));
        assert_eq!(code, 0, "{}", self.log.join("\n"));
        if self.dice.below(2) == 0 {
            self.fetch();
        }
    }

    /// The bucket into a folder in which somebody edits, too.
    fn fetch(&mut self) {
        let back = self.bed.path("back");
        let edited = back.join(self.name());
        if edited.is_file() {
            self.change_a_byte(&edited);
        }
        let down = |bed: &Bed| (objects(bed), contents(&bed.path("back")));
        fs::create_dir_all(&back).unwrap();
        self.check((LAKE, "back"), down);
        let flags = self.flags();
        let words = format!("sync --overwrite --delete --max-delete 99 {flags} {LAKE} back");
        let code = self.code(&words);
        assert_eq!(code, 0, "{}", self.log.join("\n"));
        assert_eq!(contents(&back), objects(&self.bed), "{}", self.log.join("\n"));
        self.check((LAKE, "back"), down);
    }
}

fn set_time(path: &Path, seconds: i64) {
    let (now, by) = (SystemTime::now(), Duration::from_secs(seconds.unsigned_abs()));
    let time = if seconds < 0 { now - by } else { now + by };
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn contents(folder: &Path) -> Contents {
    let (mut contents, mut left) = (Contents::new(), vec![folder.to_owned()]);
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                contents.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    contents
}

/// What the bucket holds, seen past the program.
fn objects(bed: &Bed) -> Contents {
    let (store, bucket) = bed.shelf.store();
    bed.service().block_on(async {
        let mut contents = Contents::new();
        let mut pages = ObjectPages::new(store, bucket, ListAsk::below("raw/"));
        while let Some(page) = pages.next().await.unwrap() {
            for entry in page.objects {
                let source = ObjectSource::current(bucket, &entry.key);
                let content = store.get(&source, None).await.unwrap().content;
                let chunks: Vec<_> = content.map(Result::unwrap).collect().await;
                let name = entry.key.as_str().strip_prefix("raw/").unwrap().to_owned();
                contents.insert(name, chunks.concat());
            }
        }
        contents
    })
}

/// Edits, restores, touches, renames, clocks that jump, lost state and killed runs: after each `sync`
/// both sides are equal byte for byte, and `verify` never says 0 of sides that differ.
#[test]
fn what_is_said_to_be_equal_is() {
    let first = configured("DATALAKE_TEST_SEED", 0);
    let seeds = configured("DATALAKE_TEST_SEEDS", 20);
    for seed in first..first + seeds {
        println!("seed {seed}: begins");
        let mut pair = Pair::new(seed);
        let data = pair.bed.data();
        for at in 0..4 {
            pair.write(&data.join(format!("a/{at}")), -100);
        }
        for _ in 0..4 {
            pair.round();
        }
    }
    println!("{seeds} of {seeds} pairs as said");
}
