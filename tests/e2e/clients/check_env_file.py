"""Looks with boto3 at what `provision` has set up, by the variables of the env file alone.

usage: check_env_file.py LABEL
"""

import os

from checks import run_all, same


def provisioned_bucket_is_protected(s3):
    bucket = os.environ["DAGSTER_S3_BUCKET"]
    same(s3.get_bucket_versioning(Bucket=bucket).get("Status"), "Enabled", "versioning")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    same([rule["Status"] for rule in rules], ["Enabled"] * 2, "two rules' status")
    old = [rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays") for rule in rules]
    same(sorted(filter(None, old)), [30], "days of old versions")
    aborts = [rule.get("AbortIncompleteMultipartUpload", {}) for rule in rules]
    days = [abort["DaysAfterInitiation"] for abort in aborts if abort]
    same(days, [7], "days of unfinished uploads")


def provisioned_bucket_takes_and_gives(s3):
    where = {"Bucket": os.environ["DAGSTER_S3_BUCKET"], "Key": "assets/by boto3"}
    same(os.environ["AWS_ENDPOINT_URL_S3"], os.environ["DAGSTER_S3_ENDPOINT_URL"], "endpoint")
    s3.put_object(**where, Body=b"content")
    same(s3.get_object(**where)["Body"].read(), b"content", "content")


run_all([provisioned_bucket_is_protected, provisioned_bucket_takes_and_gives])
