# Run by the interpreter that has Modal's client: `python -I -c …`. Each line of standard input is a
# request, and gets one line of standard output for an answer, until standard input ends. What is secret
# comes in on standard input alone and goes on in memory: it is in no argument, variable or file.
import contextlib
import json
import os
import runpy
import select
import signal
import socket
import stat
import sys
import threading
import urllib.parse

ANSWERS = os.fdopen(os.dup(1), "w")
# Whatever the client prints is talk, and no part of an answer.
os.dup2(2, 1)


class Refusal(Exception):
    """An answer that is an error: its kind, and what there is to say of it."""

    def __init__(self, kind, text="", **more):
        super().__init__(kind)
        self.answer = {"kind": kind, "text": hidden(str(text)), **more}


def tell_answer(answer):
    ANSWERS.write(json.dumps(answer) + "\n")
    ANSWERS.flush()


def give_up(*_):
    """What hangs now would hang the next request as well: another process is asked that."""
    tell_answer({"error": {"kind": "TimedOut", "text": ""}})
    os._exit(0)


def hidden(text):
    for value in sorted(VALUES, key=len, reverse=True):
        if len(value) > 3:
            text = text.replace(value, "…")
    lines = (line.strip(" │") for line in text.splitlines())
    return " ".join(line for line in lines if line and line[0] not in "╭╰─")[:2000]


def load_client():
    """The package of Modal's client."""
    try:
        try:
            import modal
        except ModuleNotFoundError as error:
            if error.name != "modal":
                raise
            # `-I` leaves out the packages of the user, and pip may have put it there.
            import site

            site.addsitedir(site.getusersitepackages())
            import modal
        modal.Secret, modal.__version__
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and error.name == "modal":
            raise Refusal("NoClient", sys.executable)
        told = f"{sys.executable}: {type(error).__name__}: {error}"
        raise Refusal("CannotStart", told)
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
        raise Refusal("NoLogin", idle_profiles())


def idle_profiles():
    """What there is to say where several profiles are there and none counts."""
    from modal import config

    names = sorted(config._user_config)
    if len(names) < 2 or config._profile in names:
        return ""
    return f"{config.user_config_path} has the profiles {', '.join(names)}, and none is active"


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
    raise Refusal("ConnectionError", "; ".join(causes))


def require_environment(modal):
    """Whether Modal has the environment: to Modal, a secret in one that is not there is not there."""
    name = REQUEST.get("environment") or setting("environment")
    if not name or name in ENVIRONMENTS:
        return
    import modal.environments

    try:
        names = [item.name for item in modal.environments.list_environments()]
    except Exception as error:
        # A token may be one that lists none, and be good for all else.
        if class_of(error) != "PermissionDeniedError":
            raise
        return
    if name not in names:
        raise Refusal("NoEnvironment", name, names=names)
    ENVIRONMENTS.update(names)


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
    """Secrets by name."""
    return modal.Secret.objects


def has_variables(modal, *names):
    """Whether the secret has all of these variables."""
    try:
        secret(modal, required_keys=list(names))
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
    return [name for name in names if has_variables(modal, name)]


def look(modal):
    contents = REQUEST.get("contents", [])
    answer = {"merges": merges(modal), "version": modal.__version__}
    for content in contents:
        # Mostly all is as it has to be, and one question tells.
        if has_variables(modal, content["marker"], *content.get("variables", [])):
            return {**answer, "holds": content["marker"]}
    secret(modal)
    for content in contents:
        if content.get("variables") and has_variables(modal, content["marker"]):
            return {**answer, "holds": content["marker"], "lacks": True}
    apart = not any(has_variables(modal, name) for name in REQUEST.get("names", []))
    return {**answer, "holds": None, "apart": apart}


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
        raise Refusal("CannotMerge", modal.__version__)
    found = secret(modal)
    # Of two markers nobody could tell which one is true.
    held = listed(found) or set()
    marks = {name for name in held if name.startswith("DATALAKE_FP_")} | (catalogs(held) & held)
    gone = present(modal, sorted((marks | set(names)) - set(values)))
    if values or gone:
        found.update(Changes(values, gone))
    left = present(modal, gone)
    if left:
        raise Refusal("Refused", "it still has " + ", ".join(left))


def update(modal):
    merge(modal, REQUEST["values"], REQUEST.get("names", []))
    return {}


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
    except Exception as error:
        if class_of(error) != "NotFoundError":
            raise
        return {}
    if alone:
        return delete(modal)
    merge(modal, {}, REQUEST["names"])
    return {}


def variables(modal):
    names = listed(secret(modal))
    names = None if names is None else sorted(names)
    return {"names": names, "version": modal.__version__}


def names(modal):
    listed = objects(modal).list(environment_name=REQUEST.get("environment") or "")
    created = lambda secret: secret.info().created_at.timestamp()
    return {"secrets": [{"name": secret.name, "created": created(secret)} for secret in listed]}


def delete(modal):
    where = {"environment_name": REQUEST.get("environment")}
    objects(modal).delete(REQUEST["name"], allow_missing=True, **where)
    return {}


def create(modal):
    where = {"environment_name": REQUEST.get("environment")}
    objects(modal).create(REQUEST["name"], REQUEST["values"], **where)
    return {}


def replace(modal):
    """Only the command line replaces all of a secret. It reads memory under a file's name."""
    memory = os.memfd_create("values")
    try:
        os.write(memory, json.dumps(REQUEST["values"]).encode())
        words = ["secret", "create", REQUEST["name"], "--force"]
        done = run_client([*words, "--from-json", f"/proc/self/fd/{memory}"])
    finally:
        os.close(memory)
    if done["status"] != 0:
        # It ends with 1 whatever it is: what can be asked again tells by its class.
        try:
            secret(modal)
        except Exception as error:
            if class_of(error) != "NotFoundError":
                raise
        raise Refusal("Refused", done["said"])
    return {}


@contextlib.contextmanager
def capture_output(number):
    """What is written to a descriptor meanwhile, which a file in memory stands for."""
    memory, kept = os.memfd_create("output"), os.dup(number)
    os.dup2(memory, number)
    read = lambda: os.pread(memory, 1 << 20, 0).decode(errors="replace")
    try:
        yield read
    finally:
        os.dup2(kept, number)
        os.close(kept)
        os.close(memory)


def run_client(words):
    """What the client's command line does with these words, as `python -m modal` does, in here: to
    start another interpreter takes longer than all else."""
    environment = REQUEST.get("environment")
    sys.argv = ["modal", *words, *(["-e", environment] if environment else [])]
    with capture_output(1) as stdout, capture_output(2) as stderr:
        try:
            runpy.run_module("modal", run_name="__main__")
            status = 0
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        printed, said = stdout(), stderr()
    return {"status": status, "stdout": printed, "said": hidden(said) or hidden(printed)}


def run_words(modal):
    done = run_client(REQUEST["words"])
    # A failure of the login or the network tells by its class here as well.
    if done["status"] != 0:
        modal.Secret.objects.list(max_objects=1)
    return done


def about(modal):
    from modal import config

    path = config.user_config_path
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        mode = None
    profiles = config._user_config
    profile = profiles.get(config._profile, {})
    named = ("token_id", "token_secret")
    return {
        "version": modal.__version__,
        "python": sys.executable,
        "in_environment": [bool(os.environ.get(f"MODAL_{name.upper()}")) for name in named],
        "in_profile": [bool(profile.get(name)) for name in named],
        "has_oauth": bool(setting("oauth_refresh_token")),
        "profile": config._profile,
        "profiles": sorted(profiles),
        "path": path,
        "mode": mode,
        "environment": config.config.get("environment") or "",
        "servers": config.config["server_url"],
    }


DEEDS = {"look": look, "names": names, "delete": delete, "create": create, "update": update}
DEEDS = {**DEEDS, "clear": clear, "variables": variables, "replace": replace, "run": run_words}
ENVIRONMENTS, REACHED, REQUEST, VALUES = set(), [], {}, ()


def answer_request():
    modal = load_client()
    if REQUEST["do"] == "about":
        return about(modal)
    require_login()
    if not REACHED:
        require_server()
        REACHED.append(True)
    require_environment(modal)
    return DEEDS[REQUEST["do"]](modal)


def end_with_the_asker():
    """A process that was killed asks nothing more, and its last request is not to come true later."""
    poll = select.poll()
    poll.register(0, 0)  # nothing but that the other end is gone
    poll.poll()
    os._exit(1)


threading.Thread(target=end_with_the_asker, daemon=True).start()
os.environ.update({"COLUMNS": "400", "NO_COLOR": "1"})
os.chdir("/")
signal.signal(signal.SIGALRM, give_up)
for line in sys.stdin:
    REQUEST = json.loads(line)
    # In a container the client's variables come along: as arguments of `podman exec` all could see them.
    os.environ.update(REQUEST.get("variables", {}))
    tokens = [value for name, value in REQUEST.get("variables", {}).items() if "TOKEN" in name]
    VALUES = (*REQUEST.get("values", {}).values(), *tokens)
    signal.alarm(REQUEST["seconds"])
    try:
        answer = answer_request()
    except Refusal as refusal:
        answer = {"error": refusal.answer}
    except Exception as error:
        answer = {"error": Refusal(class_of(error), error).answer}
    signal.alarm(0)
    tell_answer(answer)
