//! A run whose argument lists, and those of its children, are looked at all the time.

use std::fs;
use std::path::Path;
use std::process::Child;

use super::needle::Needle;
use crate::support::{Call, Ran, eventually};

/// Runs it to its end.
#[track_caller]
pub(super) fn watched(call: Call, needle: &Needle) -> Ran {
    let mut child = call.start();
    eventually("the run ends", || {
        look(&child.id().to_string(), needle);
        child.try_wait().unwrap().is_some()
    });
    child.wait_with_output().unwrap().into()
}

/// Runs it to its end; `go_on` is called once a child of it has been seen under its own name.
/// Tells the argument lists of the children.
#[track_caller]
pub(super) fn children_of(call: Call, needle: &Needle, go_on: impl FnOnce()) -> Vec<String> {
    let mut child = call.start();
    let mut seen = Vec::new();
    eventually("it starts a program", || {
        seen.extend(look(&child.id().to_string(), needle));
        seen.iter().any(|line| line.contains("cat\0keys"))
    });
    go_on();
    eventually("the run ends", || has_ended(&mut child, needle));
    seen
}

fn has_ended(child: &mut Child, needle: &Needle) -> bool {
    look(&child.id().to_string(), needle);
    child.try_wait().unwrap().is_some()
}

/// Looks at a process and its children, and at theirs, since a keeper stands between, once; who has ended meanwhile shows nothing.
#[track_caller]
fn look(pid: &str, needle: &Needle) -> Vec<String> {
    let process = format!("/proc/{pid}");
    must_not_hold(&format!("{process}/cmdline"), needle);
    let mut lines = Vec::new();
    for child in children(Path::new(&process)) {
        // Between fork and exec a child still looks like its parent, whose environment may hold it.
        let line = must_not_hold(&format!("/proc/{child}/cmdline"), needle);
        if !line.contains("datalake-under-test") {
            must_not_hold(&format!("/proc/{child}/environ"), needle);
            lines.push(line);
        }
        lines.extend(look(&child, needle));
    }
    lines
}

#[track_caller]
fn must_not_hold(path: &str, needle: &Needle) -> String {
    let content = fs::read(path).unwrap_or_default();
    assert!(!needle.is_in(&content), "in {path}");
    String::from_utf8_lossy(&content).into_owned()
}

fn children(process: &Path) -> Vec<String> {
    let Ok(tasks) = fs::read_dir(process.join("task")) else { return Vec::new() };
    let lists = tasks.flatten().map(|task| fs::read_to_string(task.path().join("children")));
    let lists: String = lists.map(|list| list.unwrap_or_default() + " ").collect();
    lists.split_whitespace().map(str::to_owned).collect()
}
