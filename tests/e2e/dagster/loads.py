"""Has Dagster itself load each dagster.yaml before and after a change.

    loads.py BEFORE AFTER      folders with files of the same names

All that Dagster reads has to be the same, but for its keeper of logs: that is the one of S3 by way of
the folder in which logs were before.
"""
import os
import shutil
import sys
import tempfile

import yaml
from dagster._core.instance.ref import InstanceRef


def read(path):
    home = tempfile.mkdtemp()
    shutil.copy(path, f"{home}/dagster.yaml")
    ref = InstanceRef.from_dir(home)

    def part(data):
        told = data and (data.module_name, data.class_name, yaml.safe_load(data.config_yaml))
        return str(told).replace(home, "HOME")

    fields = [name for name in ref._fields if name.endswith("_data") and name != "compute_logs_data"]
    others = {name: part(getattr(ref, name)) for name in fields if hasattr(getattr(ref, name), "module_name")}
    settings = {key: value for key, value in ref.settings.items() if key != "compute_logs"}
    logs = ref.compute_logs_data
    shutil.rmtree(home)
    return (others, settings), (logs.class_name, yaml.safe_load(logs.config_yaml), home)


def problem(before, after):
    (rest, old), (new_rest, new) = read(before), read(after)
    if rest != new_rest:
        return f"more than the keeper of logs differs: {rest} {new_rest}"
    if old[0] == "S3ComputeLogManager":
        return None if new[:2] == old[:2] else f"a block of others was changed: {old} {new}"
    wanted = {
        "bucket": {"env": "DAGSTER_S3_BUCKET"}, "prefix": "compute-logs",
        "endpoint_url": {"env": "DAGSTER_S3_ENDPOINT_URL"}, "skip_empty_files": True,
    }
    config = dict(new[1])
    local_dir = config.pop("local_dir")
    if new[0] != "S3ComputeLogManager" or config != wanted:
        return f"not the block for S3: {new}"
    was = (old[1] or {}).get("base_dir", f"{old[2]}/storage")
    is_usual = isinstance(was, str) and was.startswith(old[2])
    usual = f"{os.environ['LANE_HOME']}/storage"
    return None if local_dir == (usual if is_usual else was) else f"logs were in {was}, not {local_dir}"


names = sorted(os.listdir(sys.argv[1]))
found = [(name, problem(f"{sys.argv[1]}/{name}", f"{sys.argv[2]}/{name}")) for name in names]
bad = [f"{name}: {text}" for name, text in found if text]
print(*bad, f"{len(names)} files, {len(bad)} wrong", sep="\n")
sys.exit(bool(bad))
