"""Looks into the bucket with boto3, by the variables of the env file alone.

    objects.py pickle KEY VALUE    the object is a pickle of this Python value
    objects.py json KEY VALUE      the object is JSON of this value, and is called so
    objects.py plain KEY           the object has no false encoding
    objects.py logs PREFIX RUN     the run's logs are there, none of them empty or partial
    objects.py gap KEY             deletes the object as the I/O manager does, and writes nothing
    objects.py keys                all keys
"""
import ast
import json
import os
import pickle
import sys

import boto3

S3 = boto3.client("s3")
BUCKET = os.environ["DAGSTER_S3_BUCKET"]


def require(so, text):
    if not so:
        raise SystemExit(text)


def entries(prefix=""):
    for page in S3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        yield from page.get("Contents", [])


def body(key):
    answer = S3.get_object(Bucket=BUCKET, Key=key)
    require(answer.get("ContentEncoding") in (None, ""), f"encoding {answer.get('ContentEncoding')}")
    return answer["Body"].read(), answer["ContentType"]


def of_pickle(key, value):
    found = pickle.loads(body(key)[0])
    require(found == ast.literal_eval(value), f"{found!r}")


def of_json(key, value):
    content, kind = body(key)
    require(kind == "application/json", kind)
    require(json.loads(content) == json.loads(value), content)


def plain(key):
    body(key)


def logs(prefix, run):
    found = list(entries(f"{prefix}/storage/{run}/compute_logs/"))
    names = [entry["Key"].rsplit("/", 1)[1] for entry in found]
    require(names, "none")
    require(all(name.endswith((".out", ".err")) for name in names), names)
    require(all(entry["Size"] for entry in found), f"an empty one: {found}")


def gap(key):
    S3.delete_object(Bucket=BUCKET, Key=key)


def keys():
    print(*(entry["Key"] for entry in entries()), sep="\n")


DEEDS = {"pickle": of_pickle, "json": of_json, "plain": plain, "logs": logs, "gap": gap, "keys": keys}
DEEDS[sys.argv[1]](*sys.argv[2:])
