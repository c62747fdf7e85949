"""Puts objects into a bucket with boto3, and compares what `datalake` says of them.

usage: objects.py plain|versions|begin|rules|keys|compare|report BUCKET ENV_FILE [FILE…]
"""

import json
import os
import sys
from pathlib import Path

import boto3

ODD = ["/leading", "a b+c%2F", "a//b", "cut\r\nline", "e\u0301", "esc\x1b[31m", "star*[x]?", "tab\tbed", "\u00e9"]


def client(env_file):
    """A client that knows nothing but the env file."""
    for line in Path(env_file).read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            os.environ[name] = value
    return boto3.client("s3")


def plain(s3, bucket):
    for number in range(30):
        s3.put_object(Bucket=bucket, Key=f"plain/{number:02}", Body=b"x" * (number * 5000))


def versions(s3, bucket):
    for body in (b"first!!", b"second"):
        s3.put_object(Bucket=bucket, Key="twice", Body=body, Metadata={"from": "boto3"})
    s3.put_object(Bucket=bucket, Key="gone/x", Body=b"y" * 70_000)
    s3.delete_object(Bucket=bucket, Key="gone/x")
    for key in ODD:
        s3.put_object(Bucket=bucket, Key=f"odd/{key}", Body=key.encode())
    upload = s3.create_multipart_upload(Bucket=bucket, Key="gone/unfinished")["UploadId"]
    for number, size in ((1, 5 << 20), (2, 7)):
        part = {"Bucket": bucket, "Key": "gone/unfinished", "UploadId": upload}
        s3.upload_part(**part, PartNumber=number, Body=b"p" * size)


def begin(s3, bucket, key):
    s3.create_multipart_upload(Bucket=bucket, Key=key)


def rules(s3, bucket):
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    names = {"delete-markers", "expire-tmp/", "old-versions", "unfinished-uploads"}
    assert {rule["ID"] for rule in found} == {f"datalake-{name}" for name in names}, found


def keys(s3, bucket, printed):
    told = Path(printed).read_bytes().decode().split("\0")
    assert told.pop() == "", "the last key has no zero byte behind it"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    found = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    assert told == found, (told, found)
    assert {f"odd/{key}" for key in ODD} <= set(told), told


def compare(_s3, _bucket, stats, told):
    usage = json.loads(Path(stats).read_text())["usage"]
    total = json.loads(Path(told).read_text().splitlines()[-1])["data"]
    size = sum(part.get("size", 0) for part in usage.values())
    uploads = usage.get("rgw.multimeta", {}).get("num_objects", 0)
    print(json.dumps({"gateway": usage, "du": total}, indent=1))
    assert total["total"]["bytes"] == size, (total["total"]["bytes"], size)
    assert total["unfinished_uploads"]["count"] == uploads, uploads
    if total["noncurrent"]["count"] + total["delete_markers"]["count"] + uploads == 0:
        assert total["current"]["count"] == usage["rgw.main"]["num_objects"], usage


def report(s3, bucket, stats, told):
    """`cost report` against the gateway's sums, which count parts as objects and no delete markers."""
    usage = json.loads(Path(stats).read_text())["usage"]
    cost = json.loads(Path(told).read_text())["data"]
    found = cost["usage"]
    uploads = s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    parts = 0
    for upload in uploads:
        listed = s3.list_parts(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        parts += len(listed.get("Parts", []))
    versions = found["current"]["count"] + found["noncurrent"]["count"]
    size = sum(part.get("size", 0) for part in usage.values())
    pending = usage.get("rgw.multimeta", {}).get("num_objects", 0)
    objects = usage.get("rgw.main", {}).get("num_objects", 0)
    print(json.dumps({"gateway": usage, "report": found, "parts": parts}, indent=1))
    assert found["total"]["bytes"] == size, (found["total"]["bytes"], size)
    assert found["unfinished_uploads"]["count"] == pending == len(uploads), (pending, len(uploads))
    assert versions + parts == objects, (versions, parts, objects)
    groups = cost["prefixes"]["largest"] + [cost["prefixes"]["others"], cost["direct"]]
    assert sum(group["bytes"] for group in groups) == size, groups


what, name, path, *files = sys.argv[1:]
globals()[what](client(path), name, *files)
