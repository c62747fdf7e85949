"""The receipts of a job, one after the other, as they are in the bucket: `receipts.py JOB`."""

import json
import os
import sys

import boto3

S3, BUCKET = boto3.client("s3"), os.environ["DAGSTER_S3_BUCKET"]


def read_receipt(key):
    return S3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


job = json.loads(read_receipt(f"_datalake/jobs/{sys.argv[1]}/job.json"))
for number in range(job["shards"]):
    key = f"_datalake/jobs/{job['name']}/{job['id']}/receipts/{number:06}.json"
    sys.stdout.buffer.write(read_receipt(key) + b"\n")
