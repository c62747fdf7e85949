"""A bench: templates of the host; each command on it undisturbed, and on a hostile one."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import judge
from homes import HOME, USER, listing, make_host, make_private, pickled, put_file
from runs import fresh_copy, run, settled
from traps import Ground, aside
from watch import Watch

BUCKET = "sandbox-dagster-assets"
SPEC = f"""region: fsn1
bucket: {BUCKET}
host:
  user: dagster-user
  units: [dagster-webserver, dagster-daemon]
"""
# Command: the state of the host that it begins with, its spec, its arguments.
COMMANDS = {
    "provision": ("fresh", "plain", ["provision", "--yes"]),
    "provision --dry-run": ("fresh", "plain", ["provision", "--dry-run"]),
    "provision with logs: s3": ("fresh", "logs", ["provision", "--yes"]),
    "provision of units that are found": ("fresh", "found", ["provision", "--yes"]),
    "discover": ("provisioned", "plain", ["discover"]),
    "status": ("provisioned", "plain", ["status"]),
    "doctor": ("provisioned", "plain", ["doctor", "--code", "{home}/code"]),
    "rollback": ("provisioned", "plain", ["rollback", "--yes"]),
    "migrate plan": (
        "provisioned",
        "plain",
        ["migrate", "plan", "--logs", "--code", "{home}/code", "--report", "{out}/plan"],
    ),
    "migrate run": (
        "provisioned",
        "plain",
        ["migrate", "run", "--logs", "--while-running", "--yes", "--report", "{out}/run"],
    ),
    "migrate status": ("moved", "plain", ["migrate", "status"]),
    "migrate verify": ("moved", "plain", ["migrate", "verify", "--deep"]),
    "migrate report": ("moved", "plain", ["migrate", "report", "--html", "{out}/report.html"]),
    "migrate free": ("moved", "plain", ["migrate", "free", "--confirm", BUCKET]),
    "migrate back plan": ("newer", "plain", ["migrate", "back", "plan"]),
    "migrate back run": ("newer", "plain", ["migrate", "back", "run", "--while-running", "--yes"]),
    "migrate backup": ("moved", "plain", ["migrate", "backup", "--to", "{out}/home.tar.zst"]),
    "dagster init": ("provisioned", "plain", ["dagster", "init", "{home}/code"]),
}


class Bench:
    """A folder in which one command runs at a time."""

    def __init__(self, program, folder, number=0, commands=(), home=HOME, spec=SPEC, prepare=None):
        self.program, self.folder, self.home = str(program), folder, home
        self.run_folder, self.templates = folder / "run", folder / "templates"
        self.outside, self.pristine = folder / "outside", folder / "pristine"
        self.counts = {"alike": 0, "told": 0, "other": 0, "wordless": 0, "faults": 0, "swaps": 0}
        for place in [
            self.run_folder,
            self.templates,
            folder / "cwd",
            folder / "own",
            folder / "spec",
        ]:
            place.mkdir(parents=True, mode=0o755)
        (folder / "spec/plain").write_text(spec)
        (folder / "spec/logs").write_text(spec + "logs: s3\n")
        named = [line for line in spec.splitlines(keepends=True) if "units:" not in line]
        (folder / "spec/found").write_text("".join(named))
        make_private(self.outside)
        subprocess.run(["cp", "-a", self.outside, self.pristine], check=True)
        self.private = listing(self.outside)
        self.make_templates(number, prepare)
        self.undisturbed = {name: self.measure(name) for name in commands}

    def make_templates(self, number, prepare):
        """The host fresh, provisioned, with pickles moved, and with newer ones in the bucket."""
        make_host(self.run_folder / "host", self.home)
        if prepare:
            prepare(self.run_folder / "host")
        self.take_a_port(number)
        (self.run_folder / "out").mkdir()
        # A new bucket comes and goes at first: no command is to wait for that.
        self.must("bucket", "create", BUCKET)
        self.keep("fresh")
        self.must("provision", "--yes")
        self.keep("provisioned")
        self.must("migrate", "run", "--logs", "--while-running", "--yes")
        # Files go only where Dagster was seen to read them from the bucket.
        python = self.folder / "recorded-dagster"
        shutil.copyfile(Path(__file__).parent.parent / "recorded-dagster.sh", python)
        python.chmod(0o755)
        self.must("migrate", "check", "--python", str(python), "--python-file", "defs.py")
        self.keep("moved")
        newer = self.folder / "own/newer"
        for name in ["raw/orders", "raw/fresh", "later/one"]:
            put_file(newer, pickled(name, "newer"), 0, 0o600)
            os.utime(newer)
            self.must("cp", str(newer), f"s3://{BUCKET}/assets/{name}")
        self.keep("newer")

    def take_a_port(self, number):
        """Gives the sandbox's service a port that it keeps: files that are compared name it."""
        for port in range(21000 + number * 100, 32000):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) != 0:
                    break
        serving = subprocess.Popen(
            [*self.command("sandbox", "--port", str(port))],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            for _ in range(1500):
                if (self.run_folder / "sb/endpoint").exists():
                    return
                time.sleep(0.02)
            raise RuntimeError("the sandbox's service does not start")
        finally:
            serving.terminate()
            serving.wait()

    def command(self, *arguments, spec="plain"):
        place = self.run_folder
        return [
            self.program,
            f"--sandbox={place / 'sb'}",
            f"--root={place / 'host'}",
            f"--state={place / 'state'}",
            f"--config={self.folder / 'spec' / spec}",
            "--no-input",
            *arguments,
        ]

    def start(self, arguments, spec="plain"):
        words = {"home": self.run_folder / "host" / self.home, "out": self.run_folder / "out"}
        arguments = [one.format(**words) for one in arguments]
        return run(
            self.command(*arguments, spec=spec),
            self.folder / "cwd",
            self.folder / "own",
            self.folder / "output",
        )

    def must(self, *arguments):
        outcome = self.start(arguments)
        if outcome.code != 0:
            raise RuntimeError(
                f"{' '.join(arguments)}: exit {outcome.code}: {outcome.text[-1500:]}"
            )

    def keep(self, state):
        subprocess.run(["cp", "-a", self.run_folder, self.templates / state], check=True)

    def measure(self, name):
        """What a command says and does on an undisturbed host, and which lines are never alike."""
        first, second = self.once(name), self.once(name)
        first.outcome.seconds = max(first.outcome.seconds, second.outcome.seconds)
        first.outcome.mebibytes = max(first.outcome.mebibytes, second.outcome.mebibytes)
        first.unlike = set(first.lines) ^ set(second.lines)
        first.unlike_changes = first.changes ^ second.changes
        # Told once, and not again with each arrangement.
        first.harm = {settled(fault) for fault in judge.harm(first)}
        return first

    def once(self, name, arrangement=None):
        state, spec, arguments = COMMANDS[name]
        fresh_copy(self.templates / state, self.run_folder)
        root = self.run_folder / "host"
        if arrangement:
            arrangement.make(Ground(root, self.outside))
        before = listing(root)
        watch = Watch([self.outside, root / "srv/root_only"])
        swapper = self.start_swapper(arrangement) if arrangement and arrangement.swapped else None
        outcome = self.start(arguments, spec)
        swaps = end_swapper(swapper) if swapper else 0
        self.counts["swaps"] += swaps
        touched = watch.events()
        watch.close()
        return judge.Seen(self, outcome, settled(outcome.text), before, listing(root), touched)

    def start_swapper(self, arrangement):
        home = self.run_folder / "host" / HOME
        swapper = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("swap.py")),
                str(USER),
                str(home / arrangement.path),
                str(home / aside(arrangement.path)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        swapper.stdout.readline()
        return swapper

    def try_all(self, arrangement):
        """How many commands were tried, and what was wrong with each that failed."""
        faults = []
        for name, undisturbed in self.undisturbed.items():
            seen = self.once(name, arrangement)
            found, standing = judge.faults(seen, undisturbed, arrangement, name)
            if self.is_harmed():
                found.append("outside is not as before")
            wordless = found and all(judge.WORDLESS in fault for fault in found)
            self.counts["wordless" if wordless else "faults" if found else standing] += 1
            faults.extend((name, fault.replace(f"{self.folder}/", "")) for fault in found)
        return len(self.undisturbed), faults

    def is_harmed(self):
        """Whether root's own folder is another than before; it is put right then."""
        if listing(self.outside) == self.private:
            return False
        shutil.rmtree(self.outside)
        subprocess.run(["cp", "-a", self.pristine, self.outside], check=True)
        return True

    def told(self):
        """What commands need undisturbed, and whether they do nothing wrong then."""
        lines = []
        for name, seen in self.undisturbed.items():
            outcome = seen.outcome
            needs = f"exit {outcome.code}, {outcome.seconds:.2f} s, {outcome.mebibytes:.0f} MiB"
            wrong = judge.harm(seen)
            if outcome.code not in (0, 3):
                wrong.append(f"exit {outcome.code}: {outcome.text.strip()[-300:]}")
            wrong = "; ".join(wrong).replace(f"{self.folder}/", "")
            lines.append(
                (
                    "FAIL" if wrong else "info",
                    f"undisturbed {name}",
                    f"{needs}; {wrong}" if wrong else needs,
                )
            )
        return lines


def end_swapper(swapper):
    swapper.terminate()
    told, _ = swapper.communicate()
    return int(told.strip() or 0)
