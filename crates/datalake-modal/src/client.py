# Run by the interpreter that has Modal's client: `python -I -c …`, a request on standard input, the
# answer as the last line of standard output. What is secret comes in on standard input alone and
# goes on in memory: it is in no argument, variable or file.
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.parse

ANSWER = os.fdopen(os.dup(1), "w")
# Whatever the client prints is talk, and no part of the answer.
os.dup2(2, 1)


def end(answer):
    for child in CHILDREN:
        child.kill()
    ANSWER.write(json.dumps(answer) + "\n")
    ANSWER.flush()
    os._exit(0)


def fail(kind, text=""):
    end({"error": {"kind": kind, "text": hidden(str(text))}})


def hidden(text):
    for value in VALUES:
        if len(value) > 3:
            text = text.replace(value, "…")
    lines = (line.strip(" │") for line in text.splitlines())
    return " ".join(line for line in lines if line and line[0] not in "╭╰─")[:2000]


def client():
    try:
        import modal
    except ModuleNotFoundError as error:
        if error.name != "modal":
            raise
        # `-I` leaves out the packages of the user, and pip may have put it there.
        import site

        site.addsitedir(site.getusersitepackages())
        try:
            import modal
        except ModuleNotFoundError:
            fail("NoClient", sys.executable)
    return modal


def setting(name):
    from modal.config import config

    try:
        return config[name]
    except KeyError:
        return None


def require_login():
    """The client has one class for "no token" and for "no good token"."""
    if not (setting("token_id") and setting("token_secret") or setting("oauth_refresh_token")):
        fail("NoLogin")


def require_server():
    """Tells at once what the client finds out after a minute of tries."""
    from modal.config import config

    proxies = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
    if any(os.environ.get(name) for name in proxies):
        return
    causes = []
    for url in config["server_url"].split(","):
        parts = urllib.parse.urlparse(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            socket.create_connection((parts.hostname, port), timeout=5).close()
            return
        except TimeoutError:
            return
        except OSError as error:
            causes.append(f"{parts.hostname}: {error.strerror or error}")
    fail("ConnectionError", "; ".join(causes))


STATUSES = {
    "ALREADY_EXISTS": "AlreadyExistsError",
    "FAILED_PRECONDITION": "ConflictError",
    "INVALID_ARGUMENT": "InvalidError",
    "NOT_FOUND": "NotFoundError",
    "PERMISSION_DENIED": "PermissionDeniedError",
    "RESOURCE_EXHAUSTED": "ResourceExhaustedError",
    "UNAUTHENTICATED": "AuthError",
}


def class_of(error):
    """The class of an error by its name; before 1.3 many were nothing but a status of gRPC."""
    name = type(error).__name__
    return STATUSES.get(error.status.name, name) if name == "GRPCError" else name


def secret(modal, **more):
    """The secret, after a look whether Modal has it."""
    where = {"environment_name": REQUEST.get("environment")}
    found = modal.Secret.from_name(REQUEST["name"], **where, **more)
    found.hydrate()
    return found


def objects(modal):
    """Secrets by name; before 1.1.2 the client had no functions for them."""
    if not hasattr(modal.Secret, "objects"):
        fail("TooOld", modal.__version__)
    return modal.Secret.objects


def has(modal, name):
    """Whether the secret has this variable."""
    try:
        secret(modal, required_keys=[name])
    except Exception as error:
        if class_of(error) != "ConflictError":
            raise
        return False
    return True


def merges(modal):
    """Whether a part of a secret can be changed; before 1.3.5 only all of it could."""
    return hasattr(modal.Secret, "update")


def present(modal, names):
    """Those of `names` that the secret has."""
    return [name for name in names if has(modal, name)]


def look(modal):
    secret(modal)
    holds = next((key for key in REQUEST.get("keys", []) if has(modal, key)), None)
    apart = holds is None and not any(has(modal, name) for name in REQUEST.get("names", []))
    answer = {"holds": holds, "apart": apart, "merges": merges(modal)}
    end({**answer, "version": modal.__version__})


class Changes(dict):
    """What `Secret.update` takes, with names that go: Modal takes out a name without a value."""

    def __init__(self, values, gone):
        super().__init__({**values, **dict.fromkeys(gone, "")})
        self.gone = set(gone)

    def items(self):
        return [(name, None if name in self.gone else self[name]) for name in self]


PROPERTIES = ("TYPE", "URI", "WAREHOUSE", "S3__ENDPOINT", "S3__REGION")


def catalogs(names):
    """The variables of catalogs that datalake has put there, which a marker each tells."""
    owned = set()
    for marker in names or ():
        if marker.startswith("DATALAKE_CATALOG_"):
            catalog = marker.removeprefix("DATALAKE_CATALOG_")
            owned |= {marker, *(f"PYICEBERG_CATALOG__{catalog}__{key}" for key in PROPERTIES)}
    return owned


def merge(modal, values, names):
    """Changes `values` and takes out `names` in one call; every other variable stays."""
    if not merges(modal):
        fail("CannotMerge", modal.__version__)
    found = secret(modal)
    # Of two markers nobody could tell which one is true.
    held = listed(found) or set()
    marks = {name for name in held if name.startswith("DATALAKE_FP_")} | (catalogs(held) & held)
    gone = present(modal, sorted((marks | set(names)) - set(values)))
    if values or gone:
        found.update(Changes(values, gone))
    left = present(modal, gone)
    if left:
        fail("Refused", "it still has " + ", ".join(left))


def update(modal):
    merge(modal, REQUEST["values"], REQUEST.get("names", []))
    end({})


def listed(found):
    """The names in a secret; `None` where the client lists none, as before 1.6."""
    try:
        return set(found._get_keys())
    except Exception:
        return None


def is_alone(modal):
    """Whether it surely holds nothing but `names`."""
    names = listed(secret(modal))
    if names is None:
        return False
    # A list without what is surely there is none.
    known = set(present(modal, REQUEST["names"]))
    return bool(known) and known <= names <= set(REQUEST["names"]) | catalogs(names)


def clear(modal):
    try:
        alone = is_alone(modal)
    except modal.exception.NotFoundError:
        end({})
    if alone:
        delete(modal)
    merge(modal, {}, REQUEST["names"])
    end({})


def variables(modal):
    names = listed(secret(modal))
    names = None if names is None else sorted(names)
    end({"names": names, "version": modal.__version__})


def names(modal):
    listed = objects(modal).list(environment_name=REQUEST.get("environment") or "")
    created = lambda secret: secret.info().created_at.timestamp()
    end({"secrets": [{"name": secret.name, "created": created(secret)} for secret in listed]})


def delete(modal):
    where = {"environment_name": REQUEST.get("environment")}
    objects(modal).delete(REQUEST["name"], allow_missing=True, **where)
    end({})


def create(modal):
    where = {"environment_name": REQUEST.get("environment")}
    objects(modal).create(REQUEST["name"], REQUEST["values"], **where)
    end({})


def replace(modal):
    """Only the command line replaces all of a secret. It reads memory under a file's name."""
    memory = os.memfd_create("values")
    os.write(memory, json.dumps(REQUEST["values"]).encode())
    words = ["secret", "create", REQUEST["name"], "--force"]
    done = run([*words, "--from-json", f"/proc/self/fd/{memory}"], pass_fds=(memory,))
    if done.returncode != 0:
        # It ends with 1 whatever it is: what can be asked again tells by its class.
        try:
            secret(modal)
        except modal.exception.NotFoundError:
            pass
        fail("Refused", done.stderr)
    end({})


def run(words, **more):
    environment = REQUEST.get("environment")
    words = [*words, "-e", environment] if environment else words
    plain = {**os.environ, "COLUMNS": "400", "NO_COLOR": "1"}
    program = [sys.executable, "-m", "modal", *words]
    pipe = subprocess.PIPE
    child = subprocess.Popen(
        program,
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        text=True,
        errors="replace",
        env=plain,
        **more,
    )
    CHILDREN.append(child)
    stdout, stderr = child.communicate()
    return subprocess.CompletedProcess(program, child.returncode, stdout, stderr)


def run_words(modal):
    done = run(REQUEST["words"])
    # A failure of the login or the network tells by its class here as well.
    if done.returncode != 0 and hasattr(modal.Secret, "objects"):
        modal.Secret.objects.list(max_objects=1)
    said = hidden(done.stderr) or hidden(done.stdout)
    end({"status": done.returncode, "stdout": done.stdout, "said": said})


def about(modal):
    from modal import config

    path = config.user_config_path
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mode = None
    profile = config._user_config.get(config._profile, {})
    named = ("token_id", "token_secret")
    end(
        {
            "version": modal.__version__,
            "python": sys.executable,
            "in_environment": [bool(os.environ.get(f"MODAL_{name.upper()}")) for name in named],
            "in_profile": [bool(profile.get(name)) for name in named],
            "has_oauth": bool(setting("oauth_refresh_token")),
            "profile": config._profile,
            "path": path,
            "mode": mode,
            "environment": config.config.get("environment") or "",
            "servers": config.config["server_url"],
        }
    )


CHILDREN, VALUES = [], ()
REQUEST = json.load(sys.stdin)
# In a container the client's variables come along: as arguments of `podman exec` all could see them.
os.environ.update(REQUEST.get("variables", {}))
TOKEN = [value for name, value in REQUEST.get("variables", {}).items() if "TOKEN" in name]
VALUES = (*REQUEST.get("values", {}).values(), *TOKEN)
signal.signal(signal.SIGALRM, lambda *_: fail("TimedOut"))
signal.alarm(REQUEST["seconds"])
os.chdir("/")
try:
    modal = client()
    if REQUEST["do"] == "about":
        about(modal)
    require_login()
    require_server()
    done = {"look": look, "names": names, "delete": delete, "create": create}
    done = {**done, "update": update, "clear": clear, "variables": variables}
    {**done, "replace": replace, "run": run_words}[REQUEST["do"]](modal)
except Exception as error:
    fail(class_of(error), error)
