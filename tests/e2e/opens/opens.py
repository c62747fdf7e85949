"""Reads what strace wrote of one command, and holds each path that it opened against the table of docs/security.md.

    opens.py check TABLE COMMAND PLACES TRACE    the faults, one a line; exit 1 where there are any
    opens.py show  TABLE COMMAND PLACES TRACE    the paths in the table's words

PLACES is a file of lines NAME=FOLDER. A path below a FOLDER is shown as NAME/…; the longest FOLDER counts.
"""
import re
import sys
from fnmatch import translate

CALL = re.compile(r"^(?P<pid>\d+) (?P<name>open|openat|openat2|creat|execve)\((?P<words>.*)\)\s+= (?P<result>.*)$")
AT = re.compile(r'^(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<path>(?:[^"\\]|\\.)*)"(?P<rest>.*)$')
RESULT = re.compile(r"^\d+<(?P<path>[^>]*)>")
# What the loader, the resolver of names, the allocator and the reader of certificates open.
SYSTEM = re.compile(
    r"^(/lib|/usr/lib|/usr/share/(zoneinfo|ca-certificates)|/usr/local/share/ca-certificates|/etc/(ld\.so|ssl/|localtime|hosts$|host\.conf|resolv\.conf|nsswitch\.conf|gai\.conf)"
    r"|/proc(/|$)|/sys/|/dev/(null|urandom|tty)$|pipe:|socket:|anon_inode:|/memfd:)"
)


def joined(lines):
    """Lines of strace, with the calls that another thread interrupted put together again."""
    begun = {}
    for line in lines:
        line = line.rstrip("\n")
        pid = line.split(" ", 1)[0]
        if line.endswith("<unfinished ...>"):
            begun[pid] = line[: -len("<unfinished ...>")].rstrip()
        elif "resumed>" in line:
            start = begun.pop(pid, None)
            if start is not None:
                yield start + line.split("resumed>", 1)[1]
        else:
            yield line


def opened(trace):
    """Each call as (path, whether it was found, whether it cannot follow a link)."""
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in joined(lines):
            call = CALL.match(re.sub(r"^(\d+)\s+", r"\1 ", line))
            words = call and AT.match(call["words"])
            if not words:
                continue
            path = words["path"]
            if not path.startswith("/"):
                path = (words["folder"] or "?").rstrip("/") + ("" if path == "." else "/" + path)
            found = RESULT.match(call["result"])
            single = "/" not in words["path"] and words["folder"] is not None
            beneath = "RESOLVE_BENEATH" in words["rest"] and "RESOLVE_NO_SYMLINKS" in words["rest"]
            # One name in an open folder, or a handle that nothing is read from.
            held = single and ("O_NOFOLLOW" in words["rest"] or words["path"] == ".")
            yield (found["path"].removesuffix(" (deleted)") if found else path), bool(found), beneath or held


def above(path, places):
    """A folder above the places; one that lies below another place has that one's name."""
    inner = next((place for place in places if path.startswith(place[1] + "/")), None)
    return inner[0] + path[len(inner[1]):] if inner else "ABOVE"


def named(path, places):
    """The path in the table's words."""
    if any(folder.startswith(path.rstrip("/") + "/") for _, folder in places if folder != path):
        return next((name for name, folder in places if folder == path), None) or above(path, places)
    for name, folder in places:
        if path == folder:
            return name
        if path.startswith(folder + "/"):
            return name + path[len(folder):]
    return path


def rules(table):
    """The rows of the table: a pattern of paths, the commands, whether links are ruled out."""
    rows = []
    with open(table, encoding="utf-8") as page:
        text = page.read().split("<!-- opens -->")[1].split("<!-- /opens -->")[0]
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3 or cells[0] in ("path", "---"):
            continue
        for pattern in re.findall(r"`([^`]+)`", cells[0]):
            deep = re.compile(translate(pattern.replace("/**", "*")))
            rows.append((deep, set(re.findall(r"`([^`]+)`", cells[1])) or {"all"}, "beneath" in cells[2]))
    return rows


def main():
    verb, table, command, places_file, trace = sys.argv[1:]
    with open(places_file, encoding="utf-8") as lines:
        places = [line.rstrip("\n").split("=", 1) for line in lines if "=" in line]
    places.sort(key=lambda place: -len(place[1]))
    calls = {(named(path, places), held) for path, _, held in opened(trace) if not SYSTEM.match(path)}
    if verb == "show":
        print("\n".join(sorted(f"{path}{'' if held else '   (by its path)'}" for path, held in calls)))
        return 0
    known, faults = rules(table), []
    for path, held in sorted(calls):
        fits = [row for row in known if row[0].match(path) and ("all" in row[1] or any(command.startswith(c) for c in row[1]))]
        if not fits:
            faults.append(f"{path}: not in the table")
        elif not held and all(beneath for _, _, beneath in fits):
            faults.append(f"{path}: opened by its path, which may lead through links")
    print("\n".join(faults) or f"{len(calls)} paths")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
