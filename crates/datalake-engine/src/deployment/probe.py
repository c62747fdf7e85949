"""Puts, lists, reads and deletes an object with the environment of the container's first process.

Run inside a container: probe.py BUCKET KEY CONTENT [CLASS]. By boto3 if it is there, by Python's
own library if not. With CLASS Dagster has to load that keeper of logs, too: with another one, or
with none that loads, services start and every run fails. Prints one line of JSON and leaves nothing
behind.
"""
import datetime
import hashlib
import hmac
import html
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse


def give_up(*_):
    """Ends what takes too long: tidily, or a little later for good.

    Who has started this gives up after two minutes, and cannot end it inside the container.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(10)
    raise SystemExit("no end within 100 seconds")


signal.signal(signal.SIGALRM, give_up)
signal.alarm(100)

with open("/proc/1/environ", "rb") as file:
    pairs = [line.split(b"=", 1) for line in file.read().split(b"\0") if b"=" in line]
for name, value in reversed(pairs):
    os.environb[name] = value
endpoint = os.environ.get("DAGSTER_S3_ENDPOINT_URL", "")
region = os.environ.get("DAGSTER_S3_REGION", "")


class Refused(Exception):
    pass


class Plain:
    """Requests signed with the key pair of the environment (Signature Version 4)."""

    name = "Python's own library"

    def __init__(self):
        self.address = urllib.parse.urlsplit(endpoint)

    def call(self, method, path, query="", body=b""):
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self.address.netloc, "x-amz-content-sha256": digest, "x-amz-date": now}
        names = ";".join(headers)
        lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
        path = urllib.parse.quote(path)
        request = "\n".join([method, path, query, lines, names, digest])
        scope = f"{now[:8]}/{region}/s3/aws4_request"
        key = b"AWS4" + os.environb[b"AWS_SECRET_ACCESS_KEY"]
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        hashed = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashed])
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        # urllib.request would add a `Content-Type` that is not signed: Ceph answers 403.
        secure = self.address.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(self.address.netloc, timeout=20)
        connection.request(method, f"{path}?{query}" if query else path, body or None, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            code = content.partition(b"<Code>")[2].partition(b"</Code>")[0]
            raise Refused(f"{answer.status} {code.decode('ascii', 'replace')}")
        return answer.getheader("x-amz-version-id"), content

    def put(self, bucket, key, content):
        return self.call("PUT", f"/{bucket}/{key}", body=content)[0]

    def list(self, bucket, key):
        query = "list-type=2&prefix=" + urllib.parse.quote(key, safe="")
        listed = self.call("GET", f"/{bucket}", query)[1].decode()
        return key in map(html.unescape, re.findall("<Key>([^<]*)</Key>", listed))

    def get(self, bucket, key):
        return self.call("GET", f"/{bucket}/{key}")[1]

    def delete(self, bucket, key, version):
        query = "versionId=" + urllib.parse.quote(version, safe="") if version else ""
        self.call("DELETE", f"/{bucket}/{key}", query)


class Boto:
    """The same through boto3, as the assets do it."""

    def __init__(self, boto3):
        from botocore.config import Config

        config = Config(
            connect_timeout=10, read_timeout=20, retries={"max_attempts": 2},
            s3={"addressing_style": "path"},
        )
        self.name = f"boto3 {boto3.__version__}"
        self.client = boto3.client("s3", endpoint_url=endpoint, region_name=region, config=config)

    def put(self, bucket, key, content):
        return self.client.put_object(Bucket=bucket, Key=key, Body=content).get("VersionId")

    def list(self, bucket, key):
        found = self.client.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        return any(entry["Key"] == key for entry in found)

    def get(self, bucket, key):
        return self.client.get_object(Bucket=bucket, Key=key)["Body"].read()

    def delete(self, bucket, key, version):
        which = {"VersionId": version} if version else {}
        self.client.delete_object(Bucket=bucket, Key=key, **which)


def client():
    try:
        import boto3
    except ImportError:
        return Plain()
    return Boto(boto3)


NEEDED = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DAGSTER_S3_ENDPOINT_URL", "DAGSTER_S3_REGION",
)


def reason(error):
    """What went wrong, without anything that could hold a key."""
    answer = getattr(error, "response", None)
    if isinstance(answer, dict) and "Error" in answer:
        return str(answer["Error"].get("Code", "refused"))
    if isinstance(error, Refused):
        return str(error)
    return f"{type(error).__name__}: {error}"


KEEPER = """
from dagster import DagsterInstance
with DagsterInstance.get() as instance:
    print(type(instance.compute_log_manager).__name__)
"""


def first_python():
    """The program that the container's first process runs with, which may be one of several."""
    with open("/proc/1/cmdline", "rb") as file:
        word = os.fsdecode(file.read().split(b"\0")[0])
    return word if os.path.basename(word).startswith("python") else sys.executable


def hidden(text):
    """The text without the values of variables that look like secrets."""
    for name, value in os.environ.items():
        if len(value) > 3 and re.search("SECRET|PASSWORD|TOKEN|KEY", name):
            text = text.replace(value, "***")
    return text


def require_keeper(wanted):
    words = [first_python(), "-c", KEEPER]
    done = subprocess.run(words, capture_output=True, text=True, cwd="/proc/1/cwd", timeout=60)
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        # A message of Dagster's goes on behind its first line.
        tops = [n for n, line in enumerate(lines) if re.match(r"[\w.]+(Error|Exception)\b", line)]
        words = lines[tops[-1]:] if tops else lines[-1:]
        raise Refused(hidden(" ".join(words)) or f"Python ended with {done.returncode}")
    found = done.stdout.split()[-1:]
    if found != [wanted]:
        raise Refused(f"Dagster keeps them by {' '.join(found)}, not by {wanted}")


def main(bucket, key, content, keeper=None):
    step = "look"
    try:
        missing = [name for name in NEEDED if not os.environ.get(name)]
        if missing:
            raise Refused("no " + ", ".join(missing) + " in the environment")
        store = client()
        step = "put"
        version = store.put(bucket, key, content)
        try:
            step = "list"
            if not store.list(bucket, key):
                raise Refused("the object is not listed")
            step = "get"
            if store.get(bucket, key) != content:
                raise Refused("another content came back")
        except BaseException:
            store.delete(bucket, key, version)
            raise
        step = "delete"
        store.delete(bucket, key, version)
        by = store.name
        if keeper:
            step = "compute logs"
            require_keeper(keeper)
            by += f", and {keeper} loads"
        print(json.dumps({"by": by}))
    except Exception as error:
        print(json.dumps({"failed": step, "reason": reason(error)[:300]}))


main(sys.argv[1], sys.argv[2], sys.argv[3].encode(), *sys.argv[4:])
