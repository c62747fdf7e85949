"""Loads Dagster's compute log manager as a run does, with the environment of the first process.

Prints one line of JSON: {"manager": CLASS}, {"failed": REASON}, or neither where there is no Dagster;
with "boto3": VERSION, where it is there.
"""
import json
import os

with open("/proc/1/environ", "rb") as file:
    for line in file.read().split(b"\0"):
        name, sign, value = line.partition(b"=")
        if sign:
            os.environb[name] = value
told = {}
try:
    import boto3

    told["boto3"] = boto3.__version__
except ImportError:
    pass
try:
    from dagster import DagsterInstance
except ImportError:
    print(json.dumps(told))
else:
    try:
        with DagsterInstance.get() as instance:
            told["manager"] = type(instance.compute_log_manager).__name__
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        told["failed"] = words[:300]
    print(json.dumps(told))
