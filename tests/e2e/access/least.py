"""What Dagster asks of the bucket, with the key of the environment.

usage: least.py last          prints the id of the last run
       least.py log RUN       prints what its steps have printed, from the bucket
       least.py list RUN      counts its logs, as the log of a tick is found
       least.py delete RUN    has Dagster's keeper of logs delete them
       least.py store KEY     stores a pickle
       least.py load KEY      prints the value of a pickle
       least.py tries         counts what is refused of all that the preset does not grant
"""

import os
import pickle
import sys

import boto3
from botocore.exceptions import ClientError
from dagster import DagsterEventType, DagsterInstance
from dagster._core.storage.compute_log_manager import ComputeIOType

BUCKET = os.environ["DAGSTER_S3_BUCKET"]
POLICY = '{"Statement": []}'
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 9}}
RULES = {"Rules": [RULE]}
SUSPENDED = {"Status": "Suspended"}


def connect():
    return boto3.client("s3")


def keys_of_logs(instance, run):
    for entry in instance.all_logs(run, of_type=DagsterEventType.LOGS_CAPTURED):
        name = entry.dagster_event.event_specific_data.file_key
        yield instance.compute_log_manager.build_log_key_for_run(run, name)


def print_last(instance):
    print(instance.get_runs(limit=1)[0].run_id)


def print_log(instance, run):
    for key in keys_of_logs(instance, run):
        print(instance.compute_log_manager.get_log_data(key).stdout.decode())


def count_logs(instance, run):
    manager = instance.compute_log_manager
    found = manager.get_log_keys_for_log_key_prefix([run, "compute_logs"], ComputeIOType.STDOUT)
    print(f"{len(found)} log" + ("" if len(found) == 1 else "s"))


def delete_logs(instance, run):
    instance.compute_log_manager.delete_logs(prefix=[run])


def store(key):
    connect().put_object(Bucket=BUCKET, Key=key, Body=pickle.dumps({"values": [40, 2]}))


def load(key):
    print(pickle.loads(connect().get_object(Bucket=BUCKET, Key=key)["Body"].read()))


def list_tries(s3):
    """Each a call that the preset grants nowhere, or elsewhere."""
    for prefix in ["", "raw/", "backups/", "assets-of-others/", "custom/"]:
        yield f"GetObject {prefix}", s3.get_object, dict(Key=f"{prefix}public")
        yield f"PutObject {prefix}", s3.put_object, dict(Key=f"{prefix}x", Body=b"x")
        yield f"ListObjects {prefix}", s3.list_objects_v2, dict(Prefix=prefix)
    for prefix in ["assets/", "compute-logs/", "raw/"]:
        gone = {"Objects": [{"Key": f"{prefix}raw_data"}]}
        yield f"DeleteObject {prefix}", s3.delete_object, dict(Key=f"{prefix}raw_data")
        yield f"DeleteObjects {prefix}", s3.delete_objects, dict(Delete=gone)
        version = dict(Key=f"{prefix}raw_data", VersionId="0" * 32)
        yield f"DeleteObjectVersion {prefix}", s3.delete_object, version
    public = dict(Key="assets/raw_data", ACL="public-read")
    yield "PutObjectAcl", s3.put_object_acl, public
    yield "PutObject for everybody", s3.put_object, dict(public, Body=b"x")
    yield "ListObjectVersions", s3.list_object_versions, {}
    yield "ListMultipartUploads", s3.list_multipart_uploads, {}
    yield "GetBucketPolicy", s3.get_bucket_policy, {}
    yield "PutBucketPolicy", s3.put_bucket_policy, dict(Policy=POLICY)
    yield "DeleteBucketPolicy", s3.delete_bucket_policy, {}
    yield "PutBucketAcl", s3.put_bucket_acl, dict(ACL="public-read")
    rules = dict(LifecycleConfiguration=RULES)
    yield "PutBucketLifecycle", s3.put_bucket_lifecycle_configuration, rules
    yield "PutBucketVersioning", s3.put_bucket_versioning, dict(VersioningConfiguration=SUSPENDED)
    yield "DeleteBucket", s3.delete_bucket, {}


def is_allowed(call, how):
    try:
        answer = call(Bucket=BUCKET, **how)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return False
        raise
    return not any(error["Code"] == "AccessDenied" for error in answer.get("Errors", []))


def count_refused():
    tries = list(list_tries(connect()))
    allowed = [name for name, call, how in tries if is_allowed(call, how)]
    print(*allowed, sep="\n")
    print(f"{len(tries) - len(allowed)} refused, {len(allowed)} allowed")
    sys.exit(bool(allowed))


def main():
    what, *rest = sys.argv[1:]
    alone = {"store": store, "load": load, "tries": count_refused}
    if what in alone:
        return alone[what](*rest)
    with DagsterInstance.get() as instance:
        asked = {"last": print_last, "log": print_log, "list": count_logs, "delete": delete_logs}
        asked[what](instance, *rest)


main()
