"""A home that its owner has made hostile, and every command that root runs on it.

Each arrangement is made on a fresh copy of a provisioned host. After each command nothing outside of
the home may have been read, written or removed, the command must have come to an end soon, and with
little memory. Prints one line for each arrangement.
"""

import ctypes
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

BINARY, WORK = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
ONLY = sys.argv[3:]
USER = 64999
CANARY = "CANARY-OF-ROOT-7c1f"
SLOWER = 5.0
MEMORY = 100 << 20
SPARSE = 10 << 30
SWAPS = 20_000
OLD, NEWER = 1_000_000_000, 1_500_000_000

template, site = f"{WORK}/template", f"{WORK}/sb"
outside = f"{WORK}/outside"
home = f"{site}/host/var/lib/dagster"
libc = ctypes.CDLL(None, use_errno=True)


def call(*words, limit=120):
    """Runs a command; gives its exit code, output, seconds and memory."""
    out = open(f"{WORK}/output", "w+b")
    began = time.monotonic()
    child = subprocess.Popen(
        [BINARY, f"--sandbox={site}", "--no-input", *words],
        stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=f"{WORK}/cwd", env=environment(),
    )
    killer = threading.Timer(limit, child.kill)
    killer.start()
    _, status, usage = os.wait4(child.pid, 0)
    killer.cancel()
    child.returncode = 0
    seconds = time.monotonic() - began
    out.seek(0)
    text = out.read(4 << 20).decode("utf-8", "replace")
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
    return code, text, seconds, usage.ru_maxrss * 1024


def environment():
    return {"PATH": os.environ["PATH"], "HOME": f"{WORK}/cwd", "LC_ALL": "C.UTF-8"}


def pickle(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    body = text.encode()
    with open(path, "wb") as file:
        file.write(b"\x80\x04\x95" + (len(body) + 4).to_bytes(8, "little"))
        file.write(b"\x8c" + bytes([len(body)]) + body + b"\x94.")
    os.utime(path, (OLD, NEWER))


def give(path):
    """Everything below belongs to the service user."""
    for folder, folders, files in os.walk(path):
        os.lchown(folder, USER, USER)
        for name in folders + files:
            os.lchown(os.path.join(folder, name), USER, USER)


def make_outside():
    shutil.rmtree(outside, ignore_errors=True)
    os.makedirs(outside, mode=0o700)
    for name in ["users", "orders/2026", "dagster.yaml", "s3.env", "f", "code.py", "index.db",
                 "dagster-daemon.container", "dagster-webserver.container", "x.conf"]:
        path = f"{outside}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        pickle(path, CANARY)
        os.chmod(path, 0o600)
    for name in ["storage", "history/runs", "systemd", "containers/systemd", "datalake"]:
        os.makedirs(f"{outside}/{name}", exist_ok=True)
        pickle(f"{outside}/{name}/users", CANARY)
        with open(f"{outside}/{name}/dagster-daemon.container", "w") as file:
            file.write(f"[Container]\nImage={CANARY}\nEnvironment=AWS_ACCESS_KEY_ID={CANARY}\n")
    for folder, folders, files in os.walk(outside):
        for name in files:
            os.utime(os.path.join(folder, name), (OLD, NEWER))


def seen_outside():
    """All of the outside, times of the last reading included."""
    seen = {}
    for folder, folders, files in os.walk(outside):
        for name in [folder] + [os.path.join(folder, name) for name in files]:
            at = os.lstat(name)
            seen[name] = (at.st_mode, at.st_uid, at.st_gid, at.st_size, at.st_mtime_ns)
            if stat.S_ISREG(at.st_mode):
                seen[name] += (at.st_atime_ns, at.st_nlink if "hard" not in seen else 0)
    return seen


def digest_outside():
    """Contents; read past the times, which are put back."""
    whole = hashlib.sha256()
    for folder, folders, files in sorted(os.walk(outside)):
        for name in sorted(files):
            path = os.path.join(folder, name)
            whole.update(path.encode() + open(path, "rb").read())
            os.utime(path, (OLD, NEWER))
    return whole.hexdigest()


def stored_canary():
    """Whether the canary is anywhere in the service, the state, or an archive."""
    for folder, folders, files in os.walk(site):
        if folder == site and "host" in folders:
            folders.remove("host")
        for name in files:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode) and CANARY.encode() in open(path, "rb").read():
                return path
    archive = f"{WORK}/b"
    if os.path.exists(archive):
        plain = subprocess.run(["zstd", "-dcq", archive], capture_output=True).stdout
        os.unlink(archive)
        if CANARY.encode() in plain:
            return archive
    return None


def prepare():
    os.makedirs(f"{WORK}/cwd", exist_ok=True)
    with open(f"{WORK}/cwd/logs.yaml", "w") as file:
        file.write("logs: s3\n")
    code, text, _, _ = call("provision", "--yes")
    assert code == 0, text
    passwd = f"{site}/host/etc/passwd"
    line = f"dagster-user:x:{USER}:{USER}::/var/lib/dagster:/usr/sbin/nologin\n"
    open(passwd, "w").write(line)
    for name in ["users", "orders/2026", "raw/daily/1"]:
        pickle(f"{home}/dagster_home/storage/{name}", f"value of {name}")
    os.makedirs(f"{home}/dagster_home/history/runs", exist_ok=True)
    os.makedirs(f"{home}/.config/environment.d", exist_ok=True)
    os.makedirs(f"{home}/.config/systemd/user", exist_ok=True)
    os.makedirs(f"{home}/proj", exist_ok=True)
    open(f"{home}/proj/code.py", "w").write("x = 1\n")
    open(f"{home}/.config/environment.d/x.conf", "w").write("A=1\n")
    give(home)
    code, text, _, _ = call("migrate", "run", "--yes", "--while-running")
    assert code == 0, text
    os.rename(site, template)
    make_outside()


def fresh():
    shutil.rmtree(site, ignore_errors=True)
    subprocess.run(["cp", "-a", "--sparse=always", template, site], check=True)


COMMANDS = {
    "status": ["status"],
    "doctor": ["doctor", "--only", "host"],
    "plan": ["migrate", "plan", "--report", f"{WORK}/cwd/report"],
    "mstatus": ["migrate", "status"],
    "report": ["migrate", "report"],
    "verify": ["migrate", "verify"],
    "run": ["migrate", "run", "--yes", "--while-running"],
    "backup": ["migrate", "backup", "--to", f"{WORK}/b"],
    "back": ["migrate", "back", "run", "--yes", "--while-running"],
    "init": ["dagster", "init", f"{home}/proj"],
    "code": ["migrate", "plan", "--code", f"{home}/proj"],
    "provision": ["provision", "--yes"],
    "logs": ["--config", "logs.yaml", "provision", "--yes"],
    "free": ["migrate", "free", "--confirm", "sandbox-dagster-assets"],
}


# --- arrangements: each makes one thing at a path below the home
def clear(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)


def owned(path):
    os.lchown(path, USER, USER)


def as_link(path, target=None):
    clear(path)
    name = os.path.basename(path)
    within = f"{outside}/{name}"
    os.symlink(target or (within if os.path.lexists(within) else outside), path)
    owned(path)


def as_device_link(path):
    as_link(path, "/dev/zero")


def as_pipe(path):
    clear(path)
    os.mkfifo(path)
    owned(path)


def as_socket(path):
    clear(path)
    here = os.getcwd()
    os.chdir(os.path.dirname(path))
    socket.socket(socket.AF_UNIX).bind(os.path.basename(path))
    os.chdir(here)
    owned(path)


def as_device(path):
    clear(path)
    os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))


def as_hard_link(path):
    clear(path)
    within = f"{outside}/{os.path.basename(path)}"
    os.link(within if os.path.isfile(within) else f"{outside}/f", path)


def as_sparse(path):
    clear(path)
    with open(path, "wb") as file:
        file.truncate(SPARSE)
    owned(path)


def as_folder(path):
    clear(path)
    os.mkdir(path)
    owned(path)


def as_file(path):
    clear(path)
    with open(path, "w") as file:
        file.write("x\n")
    owned(path)


FOLDERS = [
    "dagster_home", "dagster_home/storage", "dagster_home/storage/orders", "dagster_home/history",
    ".config", ".config/containers", ".config/containers/systemd", ".config/datalake",
    ".config/environment.d", ".config/systemd/user", "proj",
    ".config/containers/systemd/dagster-daemon.container.d",
]
FILES = [
    "dagster_home/dagster.yaml", "dagster_home/storage/users", "proj/code.py", "proj/pyproject.toml",
    ".config/containers/systemd/dagster-daemon.container", ".config/datalake/s3.env",
    ".config/environment.d/x.conf", "dagster_home/history/runs/index.db",
    ".config/containers/systemd/dagster-daemon.container.d/50-datalake-s3.conf",
]


def arrangements():
    for path in FOLDERS:
        yield f"link {path}", lambda path=path: as_link(f"{home}/{path}", outside)
        yield f"file {path}", lambda path=path: as_file(f"{home}/{path}")
    for path in FILES:
        for make in [as_link, as_pipe, as_hard_link, as_sparse, as_folder]:
            kind = make.__name__.removeprefix("as_").replace("_", " ")
            yield f"{kind} {path}", lambda path=path, make=make: make(f"{home}/{path}")
    for path in FILES[:2]:
        for make in [as_device_link, as_socket, as_device]:
            kind = make.__name__.removeprefix("as_").replace("_", " ")
            yield f"{kind} {path}", lambda path=path, make=make: make(f"{home}/{path}")


SWAPPED = ["dagster_home/storage", "dagster_home", "dagster_home/storage/orders",
           ".config/containers/systemd", "dagster_home/dagster.yaml", "proj"]


def exchange(one, other):
    return libc.renameat2(-100, one.encode(), -100, other.encode(), 2)


def swapping(path, stop, count):
    """The path and a link that leads outside take each other's place again and again."""
    link = f"{path}-link"
    os.symlink(outside, link)
    owned(link)
    while not stop.is_set():
        exchange(path, link)
        exchange(path, link)
        count[0] += 2


def judge(name, words, base, before, digest):
    code, text, seconds, memory = call(*words, limit=base + 20)
    wrong = []
    if code < 0:
        wrong.append(f"killed by {signal.Signals(-code).name} after {seconds:.1f} s")
    if code in (70, 101):
        wrong.append(f"exit {code}: {text[-300:]}")
    if seconds > base + SLOWER:
        wrong.append(f"{seconds:.1f} s, undisturbed {base:.1f} s")
    if memory > MEMORY:
        wrong.append(f"{memory >> 20} MiB")
    if CANARY in text:
        wrong.append("tells what lies outside")
    after = seen_outside()
    if after != before:
        changed = [path for path in {*before, *after} if before.get(path) != after.get(path)]
        wrong.append(f"outside was read or changed: {sorted(changed)[:3]}")
    where = stored_canary()
    if where:
        wrong.append(f"what lies outside is in {where}")
    if wrong and digest_outside() != digest:
        wrong.append("outside has other contents")
    return [f"{name}: {text}" for text in wrong]


def run_all(arrange, baseline):
    fresh()
    make_outside()
    digest = digest_outside()
    arrange()
    wrong = []
    for name, words in COMMANDS.items():
        before = seen_outside()
        wrong += judge(name, words, baseline[name], before, digest)
        digest_outside()
    return wrong


def tell(label, wrong):
    print(("FAIL  " if wrong else "ok    ") + label)
    for line in wrong:
        print(f"      | {line}")
    sys.stdout.flush()


def main():
    prepare()
    fresh()
    baseline = {}
    for name, words in COMMANDS.items():
        code, text, seconds, memory = call(*words)
        baseline[name] = seconds
        print(f"info  undisturbed {name}: exit {code}, {seconds:.2f} s, {memory >> 20} MiB")
        if os.path.exists(f"{WORK}/b"):
            os.unlink(f"{WORK}/b")
    wanted = [(label, arrange) for label, arrange in arrangements()
              if not ONLY or any(only in label for only in ONLY)]
    for label, arrange in wanted:
        try:
            wrong = run_all(arrange, baseline)
        except PermissionError as error:
            print(f"skip  {label}: {error}")
            continue
        tell(label, wrong)
    for path in SWAPPED:
        label = f"swapped {path}"
        if ONLY and not any(only in label for only in ONLY):
            continue
        fresh()
        make_outside()
        digest, stop, count, wrong = digest_outside(), threading.Event(), [0], []
        thread = threading.Thread(target=swapping, args=(f"{home}/{path}", stop, count))
        thread.start()
        while count[0] < SWAPS and not wrong:
            for name, words in COMMANDS.items():
                wrong += judge(name, words, baseline[name] + 5, seen_outside(), digest)
                digest_outside()
        stop.set()
        thread.join()
        tell(f"{label} ({count[0]} times)", wrong)


main()
