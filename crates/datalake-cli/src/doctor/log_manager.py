"""Loads Dagster's compute log manager as a run does, with the environment of the first process.

Prints one line of JSON: {"manager": CLASS}, {"failed": REASON}, or {} where there is no Dagster.
"""
import json
import os

with open("/proc/1/environ", "rb") as file:
    for line in file.read().split(b"\0"):
        name, sign, value = line.partition(b"=")
        if sign:
            os.environb[name] = value
try:
    from dagster import DagsterInstance
except ImportError:
    print(json.dumps({}))
else:
    try:
        with DagsterInstance.get() as instance:
            print(json.dumps({"manager": type(instance.compute_log_manager).__name__}))
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        print(json.dumps({"failed": words[:300]}))
