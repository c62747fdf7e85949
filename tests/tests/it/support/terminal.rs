//! A terminal with a person before it: the program runs on a pseudo terminal, and its screen is read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::{Call, eventually};

/// Wide enough that no line is broken.
const SIZE: Winsize = Winsize { ws_row: 60, ws_col: 220, ws_xpixel: 0, ws_ypixel: 0 };

/// A program on a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    output: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts the program on a terminal of its own.
    #[track_caller]
    pub(crate) fn start(call: Call) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = OpenOptions::new().read(true).write(true).open(name).unwrap().into();
        tcsetwinsize(&theirs, SIZE).unwrap();
        let child = call.start_on(&theirs);
        drop(theirs);
        let keyboard = File::from(ours);
        let (mut screen, output) = (keyboard.try_clone().unwrap(), Arc::default());
        let written: Arc<Mutex<Vec<u8>>> = Arc::clone(&output);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The last program that has it open closes it: an error, or nothing.
            while let Ok(count @ 1..) = screen.read(&mut buffer) {
                written.lock().unwrap().extend(&buffer[..count]);
            }
        });
        Self { child, keyboard, output, reader }
    }

    /// Waits until this is on the screen, and types.
    #[track_caller]
    pub(crate) fn answer(&mut self, question: &str, keys: &str) {
        eventually(question, || self.screen().contains(question));
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        draw(&String::from_utf8_lossy(&self.output.lock().unwrap()))
    }

    /// Waits for the end of the program; how it ended, and what is on the screen then.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        self.reader.join().unwrap();
        (status, draw(&String::from_utf8_lossy(&self.output.lock().unwrap())))
    }
}

/// Where the next character goes, and what is there.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
}

impl Screen {
    fn line(&mut self) -> &mut Vec<char> {
        if self.lines.len() <= self.row {
            self.lines.resize(self.row + 1, Vec::new());
        }
        &mut self.lines[self.row]
    }

    fn put(&mut self, character: char) {
        let column = self.column;
        let line = self.line();
        if line.len() <= column {
            line.resize(column + 1, ' ');
        }
        line[column] = character;
        self.column += 1;
    }

    fn control(&mut self, number: Option<usize>, order: char) {
        let count = number.unwrap_or(1).max(1);
        let column = self.column;
        match order {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.row += count,
            'C' => self.column += count,
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = count - 1,
            'K' if number == Some(2) => self.line().clear(),
            'K' => self.line().truncate(column),
            'J' => {
                self.line().truncate(column);
                self.lines.truncate(self.row + 1);
            }
            // Colours, and what a person does not see.
            'm' | 'h' | 'l' => (),
            order => panic!("what is ESC [ {number:?} {order}?"),
        }
    }
}

/// The screen after these bytes.
fn draw(output: &str) -> String {
    let (mut screen, mut left) = (Screen::default(), output.chars());
    while let Some(character) = left.next() {
        match character {
            '\r' => screen.column = 0,
            '\n' => screen.row += 1,
            '\u{8}' => screen.column = screen.column.saturating_sub(1),
            '\u{1b}' => {
                let sequence = left.as_str().strip_prefix('[').unwrap_or_default();
                let end = sequence.find(|c: char| c.is_ascii_alphabetic());
                let Some(end) = end else { break };
                let number = sequence[..end].parse().ok();
                let order = sequence[end..].chars().next().unwrap();
                screen.control(number, order);
                left = sequence[end + 1..].chars();
            }
            character => screen.put(character),
        }
    }
    let line = |line: &Vec<char>| line.iter().collect::<String>().trim_end().to_owned() + "\n";
    screen.lines.iter().map(line).collect()
}
