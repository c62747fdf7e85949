"""Judges a run: what was read, written and deleted outside, time, memory, exit code, message."""

import io
import re
import tarfile
from collections import Counter

from homes import MARK, USER
from runs import DOCUMENTED, has_mark, settled, unpacked

WORDLESS = "without a word of it"
MOST_SECONDS, MOST_MEBIBYTES = 5.0, 100
# These work on Dagster's folders: a link in their place is refused by its target's name.
WORK_ON_FOLDERS = {
    "migrate plan",
    "migrate run",
    "migrate status",
    "migrate free",
    "migrate back plan",
    "migrate back run",
}
# These say nothing of a name among the pickles that is no file: they leave it as it is.
LEAVE_ALONE = {"migrate free", "migrate back plan"}
KIND_WORDS = re.compile(
    r"\b(links?|pipes?|sockets?|devices?|special|plain|folders?|holes|unknown|no pickles?"
    r"|[1-9]\d* kept)\b"
)


class Seen:
    """A run and what it left behind."""

    def __init__(self, bench, outcome, text, before, after, touched):
        self.outcome, self.touched, self.home = outcome, touched, bench.home
        self.lines = [line for line in text.splitlines() if line.strip()]
        self.changes = changes_between(before, after)
        self.private = changes_between(part(before, "srv/root_only"), part(after, "srv/root_only"))
        self.foreign = [
            name
            for name in after
            if name not in before and name.startswith(bench.home) and after[name][1] != USER
        ]
        root = bench.run_folder / "host"
        self.marked = has_mark(bench.run_folder, past={str(root / "srv/root_only")})
        self.reported = lines_of(bench.run_folder / "out")
        self.unlike, self.unlike_changes, self.harm = set(), set(), set()


def lines_of(folder):
    """The lines of the reports that a run has written, and links that its archive keeps."""
    reports = [folder / name for name in ["plan", "run"]]
    lines = [
        line
        for one in reports
        if one.is_file()
        for line in one.read_text(errors="replace").splitlines()
    ]
    archive = folder / "home.tar.zst"
    return lines + (links_in(unpacked(archive)) if archive.is_file() else [])


def links_in(content):
    """Links of an archive, but for those in place of Dagster's own folders, which are refused."""
    names = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            names = [one.name.removeprefix("home/") for one in archive if one.issym()]
    except (tarfile.TarError, EOFError):
        pass
    return [f"link dagster_home/{name}" for name in names if name != "storage"]


def part(found, folder):
    return {name: about for name, about in found.items() if name.startswith(folder)}


def changes_between(before, after):
    """What came, went and changed, with modes and owners, but without times."""
    kept = {
        f"{'+' if name not in before else '~'} {settled(name)} {mode} {user}:{group}"
        for name, (mode, user, group, size, _, content) in after.items()
        if name not in before
        or before[name][:4] + before[name][5:] != (mode, user, group, size, content)
    }
    return kept | {f"- {name}" for name in before if name not in after}


def harm(seen):
    """What is wrong with a run, wherever it took place."""
    found = [f"{event} outside" for event in seen.touched[:3]]
    found += [f"changed outside: {change}" for change in sorted(seen.private)[:3]]
    found += [f"root's mark in {path}" for path in seen.marked[:3]]
    if MARK.decode() in seen.outcome.text:
        line = next(line for line in seen.outcome.text.splitlines() if MARK.decode() in line)
        found.append(f"root's mark in what is printed: {line.strip()[:160]}")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", seen.outcome.text):
        found.append("control characters in what is printed")
    found += [f"not the user's in his home: {name}" for name in seen.foreign[:3]]
    return found


def faults(seen, undisturbed, arrangement, command):
    """What is wrong with a run on a hostile host, and how it stands otherwise."""
    outcome = seen.outcome
    found = [fault for fault in harm(seen) if settled(fault) not in undisturbed.harm]
    if outcome.ended == "hung":
        found.append(f"hangs: ended after {outcome.seconds:.0f} s")
    elif outcome.seconds > undisturbed.outcome.seconds + MOST_SECONDS:
        found.append(f"{outcome.seconds:.1f} s, undisturbed {undisturbed.outcome.seconds:.1f} s")
    if outcome.mebibytes > MOST_MEBIBYTES:
        found.append(
            f"{outcome.mebibytes:.0f} MiB, undisturbed {undisturbed.outcome.mebibytes:.0f} MiB"
        )
    if outcome.ended:
        return found, "other"
    if outcome.code not in DOCUMENTED:
        found.append(f"exit {outcome.code}: {last_line(outcome)}")
    alike = is_alike(seen, undisturbed, arrangement)
    named = is_named(seen, undisturbed, arrangement.names()) or (
        arrangement.is_among_pickles() and is_told_by_kind(seen, undisturbed, command)
    )
    if not (named or alike or arrangement.is_innocent(command)) and must_name(
        seen, undisturbed, arrangement
    ):
        unlike = difference(seen, undisturbed, arrangement)
        found.append(f"exit {outcome.code} {WORDLESS}: {unlike}")
    if arrangement.target and command in WORK_ON_FOLDERS:
        if outcome.code == 0 or not is_named(seen, undisturbed, [arrangement.target]):
            found.append(
                f"exit {outcome.code}, the link's target is not named: {last_line(outcome)}"
            )
    return found, "alike" if alike else "told" if named else "other"


def must_name(seen, undisturbed, arrangement):
    """While things are exchanged, a run may see good ones alone and tell other figures."""
    return not arrangement.swapped or seen.outcome.code != undisturbed.outcome.code


def is_alike(seen, undisturbed, arrangement):
    return seen.outcome.code == undisturbed.outcome.code and not difference(
        seen, undisturbed, arrangement
    )


def difference(seen, undisturbed, arrangement):
    """The first thing in which a run differs from the undisturbed one."""
    new, gone = Counter(seen.lines), Counter(undisturbed.lines)
    for sign, lines in [("+", new - gone), ("-", gone - new)]:
        for line in lines:
            if line not in undisturbed.unlike:
                return f"{sign} {line.strip()[:200]}"
    if arrangement.swapped:
        return ""
    unlike = (seen.changes ^ undisturbed.changes) - undisturbed.unlike_changes
    return min(unlike, default="")


def is_named(seen, undisturbed, names):
    """Whether a line that an undisturbed run does not print has one of the names in it."""
    known = {*undisturbed.lines, *undisturbed.reported}
    wanted = [re.compile(rf"(?<![\w.-]){re.escape(settled(name))}(?![\w-])") for name in names]
    lines = [line for line in [*seen.lines, *seen.reported] if line not in known]
    return any(one.search(line) for line in lines for one in wanted)


def is_told_by_kind(seen, undisturbed, command):
    if seen.outcome.code in (0, 3) and command in LEAVE_ALONE:
        return True
    return any(KIND_WORDS.search(line) for line in seen.lines if line not in undisturbed.lines)


def last_line(outcome):
    lines = (
        [line for line in outcome.lines() if line.startswith("error")]
        or outcome.lines()
        or ["nothing said"]
    )
    return lines[0].strip()[:200] if lines[0].startswith("error") else lines[-1].strip()[:200]
