//! Functions of the operator's.

use super::{hash_hex, list_odd_keys, make_content, make_odd_shelf, read_receipts};
use crate::support::{KEY, Ran, Shelf};

const CODE: &str = "
import os, sys

def shout(stream, key):
    print('a line that belongs to nobody')
    sys.stderr.write('x' * 100_000)
    text = stream.read()
    if key.endswith('%'):
        raise ValueError('not this one')
    if key.endswith('//b'):
        os._exit(3)
    if key.endswith('/'):
        return None
    return text.upper()

def leak(stream, key):
    return repr(sorted(os.environ.items())).encode()

import dataclasses

@dataclasses.dataclass
class Beginning:
    text: 'dataclasses.InitVar[bytes]'

def first(stream, key):
    return stream.read(1)

def fork(stream, key):
    text, copy = stream.read(), os.fork()
    if copy == 0 and key.endswith('%'):
        sys.exit(3)
    if copy == 0:
        return b'of the copy'
    status = os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1])
    return text + str(status).encode()

mute = 1
";

/// Writes the code, plans and runs a function of it.
#[track_caller]
fn call_function(shelf: &Shelf, function: &str, code: i32) -> Ran {
    std::fs::write(shelf.host.work().join("code.py"), CODE).unwrap();
    shelf.run(&format!("job plan {function} --do python:code.py:{function} raw/ out/"), 0);
    let call = shelf.call(&format!("job run {function} --code code.py --json"));
    call.env("PATH", "/usr/local/bin:/usr/bin:/bin").run().exits(code)
}

#[track_caller]
fn read_object(shelf: &Shelf, key: &str) -> Vec<u8> {
    let address = format!("s3://acme-dagster-assets/{key}");
    shelf.call("cat").arg(address).run_with_input(b"").stdout
}

#[test]
fn what_a_function_returns_is_stored_and_an_exception_is_the_outcome_of_its_key() {
    let shelf = make_odd_shelf();

    let run = call_function(&shelf, "shout", 5).json("job-run");

    let outcomes = read_receipts(&shelf, "shout");
    assert_eq!(run["progress"]["failed"], 2);
    for (number, key) in list_odd_keys().iter().enumerate() {
        let (content, outcome) = (make_content(number), &outcomes[key]);
        let failed = outcome["failed"].as_str();
        match key.as_str() {
            key if key.ends_with('%') => assert_eq!(failed, Some("ValueError: not this one")),
            key if key.ends_with("//b") => assert!(failed.is_some(), "{outcome}"),
            key if key.ends_with('/') => assert_eq!(outcome["done"], hash_hex(&content)),
            key => {
                let shouted = content.to_ascii_uppercase();
                assert_eq!(outcome["done"], hash_hex(&shouted), "{key:?}");
                assert_eq!(read_object(&shelf, &key.replacen("raw/", "out/", 1)), shouted);
            }
        }
    }
}

#[test]
fn a_function_that_reads_little_gets_the_next_content_whole() {
    let shelf = make_odd_shelf();

    call_function(&shelf, "first", 0);

    let outcomes = read_receipts(&shelf, "first");
    for (number, key) in list_odd_keys().iter().enumerate() {
        let first = &make_content(number)[..number.min(1)];
        assert_eq!(outcomes[key]["done"], hash_hex(first), "{key:?}");
    }
}

#[test]
fn of_a_function_that_forks_the_first_process_alone_answers() {
    let shelf = make_odd_shelf();

    call_function(&shelf, "fork", 0);

    let outcomes = read_receipts(&shelf, "fork");
    for (number, key) in list_odd_keys().iter().enumerate() {
        let status = if key.ends_with('%') { "3" } else { "0" };
        let whole = [make_content(number), status.into()].concat();
        assert_eq!(outcomes[key]["done"], hash_hex(&whole), "{key:?}");
    }
}

#[test]
fn a_name_that_is_no_function_is_told_before_anything_is_read() {
    let shelf = make_odd_shelf();

    let ran = call_function(&shelf, "mute", 78);

    assert!(ran.stderr.contains("the file has no function `mute`"), "{}", ran.stderr);
}

#[test]
fn the_key_pair_is_nowhere_in_a_job_nor_in_the_environment_of_a_function() {
    let shelf = make_odd_shelf();

    let ran = call_function(&shelf, "leak", 0);

    assert!(!ran.all().contains(KEY.secret));
    let mut read = 0;
    for key in shelf.keys() {
        let content = read_object(&shelf, &key);
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains(KEY.secret) && !text.contains(KEY.id), "{key:?}: {text}");
        read += usize::from(key.starts_with("out/") && text.contains("PATH"));
    }
    assert_eq!(read, list_odd_keys().len());
}

#[test]
fn code_that_is_missing_or_another_is_not_run() {
    let shelf = make_odd_shelf();
    call_function(&shelf, "first", 0);
    shelf.run("job plan again --do python:code.py:first raw/ out/", 0);

    let missing = shelf.run("job run again", 2);
    std::fs::write(shelf.host.work().join("code.py"), format!("{CODE}\n# edited\n")).unwrap();
    let edited = shelf.run("job run again --code code.py", 2);

    assert!(missing.stderr.contains("--code FILE"), "{}", missing.stderr);
    assert!(edited.stderr.contains("is not the one"), "{}", edited.stderr);
    std::fs::write(shelf.host.work().join("code.py"), "def other(stream, key): pass\n").unwrap();
    shelf.run("job plan none --do python:code.py:first raw/ out/", 0);
    let call = shelf.call("job run none --code code.py").env("PATH", "/usr/bin:/bin");
    let none = call.run().exits(78);
    assert!(none.stderr.contains("has no function `first`"), "{}", none.stderr);
    let broken = "def first(stream, key): pass\n{}['not there']\n";
    std::fs::write(shelf.host.work().join("code.py"), broken).unwrap();
    shelf.run("job plan broken --do python:code.py:first raw/ out/", 0);
    let call = shelf.call("job run broken --code code.py").env("PATH", "/usr/bin:/bin");
    let broken = call.run().exits(78);
    assert!(broken.stderr.contains("KeyError: 'not there'"), "{}", broken.stderr);
}
