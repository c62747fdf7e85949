//! `docs/exit-codes.md`.

use datalake_cli::exit::Exit;

use super::hold;

const HEAD: &str = "\
# Exit codes

They are an interface: new ones may come, none changes its meaning. With `--json` the document of a failure has its code, too (`exit_code`).

| code | meaning | what next |
|---|---|---|
";

const TAIL: &str = "
## Codes that ask a question

Some commands are questions, and 3 is an answer, no fault: every `--dry-run` that would change something, `status` (drifted), `migrate plan`, `migrate status`,
`migrate report`, `migrate back plan`, `dagster deps plan`, `dagster status`, `modal secret status`, `modal check` and `doctor` end with it where
there is something to do, and with 0 where there is nothing. So do `doctor --fix` where a person has to act, and `provision`, `rollback`, `dagster deps apply`,
`restore`, `migrate run`, `migrate back run` and `modal secret` where their question is answered by no.
66 answers a question, too: a source that does not exist is never a success, and nothing was made or changed. A wildcard where none is accepted is 2.
`verify` and `scrub` answer with 4 where a pair differs or the bucket has lost something, with 3 where contents were never compared or a file of SOURCE was never sent or has changed,
and with 66 where no run has brought anything. `cost check` answers with 6.

What could not be learned is never taken for a yes or no: `doctor`, `bucket show` and `modal secret status` end with 5 then.

## In a timer or a script

- 75 and 69: run the same command again later. 7: the other run does the work.
- 5 and 130: run the same command again; it goes on from where it was.
- 2, 77 and 78: a person has to change something before.
- 4 and 70: a person has to look.

A run that is ended by a signal which it cannot catch (`SIGKILL`, the kernel for want of memory) has no code of its own; the next run finishes it.
";

#[test]
fn the_page_of_exit_codes_has_every_code() {
    let row = |exit: Exit| format!("| {} | {} | {} |\n", exit.code(), exit.meaning(), exit.next());

    hold("exit-codes.md", &[HEAD, &Exit::ALL.map(row).concat(), TAIL].concat());
}
