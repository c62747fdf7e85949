"""Puts, lists, reads and deletes an object with the environment of this container's first process.

Only Python's own library: what a program with the service's variables could do, and nothing else.
"""

import datetime
import hashlib
import hmac
import http.client
import os
import urllib.parse


def first_process():
    with open("/proc/1/environ", "rb") as file:
        pairs = (line.split(b"=", 1) for line in file.read().split(b"\0") if b"=" in line)
        return {name.decode(): value.decode() for name, value in pairs}


def signed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def call(method, path, query="", body=b""):
    env = first_process()
    endpoint, region = env["DAGSTER_S3_ENDPOINT_URL"], env["DAGSTER_S3_REGION"]
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    digest = hashlib.sha256(body).hexdigest()
    host = urllib.parse.urlsplit(endpoint).netloc
    headers = {
        "host": host,
        "x-amz-content-sha256": digest,
        "x-amz-date": now,
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join([method, path, query, lines, names, digest])
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    key = ("AWS4" + env["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in scope.split("/"):
        key = signed(key, part).digest()
    text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={env['AWS_ACCESS_KEY_ID']}/{scope}, "
        f"SignedHeaders={names}, Signature={signed(key, text).hexdigest()}"
    )
    # urllib.request would add a `Content-Type` that is not signed, and Ceph's gateway answers 403.
    connection = http.client.HTTPSConnection(host, timeout=20)
    connection.request(method, f"{path}?{query}" if query else path, body or None, headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
    return text


def main():
    bucket = first_process()["DAGSTER_S3_BUCKET"]
    name = f"canary/{os.uname().nodename}"
    key = f"<Key>{name}</Key>".encode()
    below = "list-type=2&prefix=" + urllib.parse.quote(name, safe="")
    call("PUT", f"/{bucket}/{name}", body=b"alive")
    assert key in call("GET", f"/{bucket}", below)
    assert call("GET", f"/{bucket}/{name}") == b"alive"
    call("DELETE", f"/{bucket}/{name}")
    assert key not in call("GET", f"/{bucket}", below)
    print(f"put, listed, read and deleted {name}")


if __name__ == "__main__":
    main()
