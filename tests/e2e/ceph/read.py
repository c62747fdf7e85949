"""Looks with boto3 at what `datalake` has set up, as Dagster would: with the env file alone.

usage: read.py provisioned|suspend|rolled-back|make|both|as-made BUCKET ENV_FILE
"""

import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

OWN = {"datalake-old-versions", "datalake-unfinished-uploads"}


def client(env_file):
    """A client that knows nothing but the env file."""
    for line in Path(env_file).read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            os.environ[name] = value
    assert os.environ["AWS_ENDPOINT_URL_S3"] == os.environ["DAGSTER_S3_ENDPOINT_URL"]
    return boto3.client("s3")


def rules(s3, bucket):
    try:
        answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchLifecycleConfiguration", error
        return {}
    return {rule["ID"]: rule for rule in answer["Rules"]}


def provisioned(s3, bucket):
    assert os.environ["DAGSTER_S3_BUCKET"] == bucket
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    found = rules(s3, bucket)
    assert all(rule["Status"] == "Enabled" for rule in found.values()), found
    days = {
        days
        for rule in found.values()
        for days in (
            ("noncurrent", rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")),
            ("abort", rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")),
        )
    }
    assert found.keys() == OWN, found
    assert {("noncurrent", 30), ("abort", 7)} <= days, found
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0, "a probe object was left behind"
    versions = s3.list_object_versions(Bucket=bucket)
    assert "Versions" not in versions, versions

    s3.put_object(Bucket=bucket, Key="assets/from boto3", Body=b"content")
    assert s3.get_object(Bucket=bucket, Key="assets/from boto3")["Body"].read() == b"content"


def suspend(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def rolled_back(s3, bucket):
    # As it was before the repair; what belongs to a bucket of datalake's own making stays.
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
    assert rules(s3, bucket).keys() == OWN
    assert s3.get_object(Bucket=bucket, Key="assets/from boto3")["Body"].read() == b"content"


THEIRS = {
    "ID": "theirs",
    "Filter": {"Prefix": "tmp/"},
    "Status": "Enabled",
    "Expiration": {"Days": 90},
}


def make(s3, bucket):
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [THEIRS]}
    )


def both(s3, bucket):
    found = rules(s3, bucket)
    assert found.keys() == OWN | {"theirs"}, found
    assert found["theirs"] == THEIRS, found


def as_made(s3, bucket):
    assert rules(s3, bucket) == {"theirs": THEIRS}


what, name, path = sys.argv[1:]
globals()[what.replace("-", "_")](client(path), name)
