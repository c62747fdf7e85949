"""Stores policies on a gateway by hand, and looks at what the program has done there.

usage: roles.py make|keep|open|public|bare|policy|clear BUCKET [DOCUMENT]

  make    makes the bucket, with an object that everybody can read by its ACL
  keep    stores an object with the foreign key, below assets/
  open    whether everybody can read the public object: `open` or `closed`
  public  stores an object for everybody, and tells whether everybody can read it, as `open` does
  bare    stores the document of `access plan --json`, without the header
  policy  prints the stored policy, or `none`
  clear   deletes the bucket with all that is in it, past every policy
"""

import json
import os
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

ADDRESS = os.environ["ADDRESS"]


def connect(key):
    how = dict(s3={"addressing_style": "path"}, request_checksum_calculation="when_required")
    secret = dict(aws_access_key_id=key, aws_secret_access_key=f"secret-{key}") if key else {}
    if not key:
        how["signature_version"] = UNSIGNED
    config = Config(**how)
    return boto3.client(
        "s3", endpoint_url=ADDRESS, region_name="default", config=config, **secret
    )


def is_refused(send):
    try:
        send()
        return False
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return True
        raise


def print_openness(bucket, key):
    get = lambda: connect(None).get_object(Bucket=bucket, Key=key)
    print("closed" if is_refused(get) else "open")


def print_policy(own, bucket):
    try:
        print(own.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucketPolicy":
            raise
        print("none")


def clear(bucket):
    system = connect("system")
    system.delete_bucket_policy(Bucket=bucket)
    for page in system.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
            system.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    connect("AKA11110000000000000").delete_bucket(Bucket=bucket)


def main():
    what, bucket, *rest = sys.argv[1:]
    own, foreign = connect("AKA11110000000000000"), connect("AKA22220000000000000")
    if what == "make":
        own.create_bucket(Bucket=bucket)
        own.put_object(Bucket=bucket, Key="public", Body=b"public", ACL="public-read")
    elif what == "keep":
        foreign.put_object(Bucket=bucket, Key="assets/foreign", Body=b"made elsewhere")
    elif what == "open":
        print_openness(bucket, "public")
    elif what == "public":
        own.put_object(Bucket=bucket, Key="more", Body=b"x", ACL="public-read")
        print_openness(bucket, "more")
    elif what == "bare":
        with open(rest[0]) as plan:
            document = json.load(plan)["data"]["buckets"][0]["document"]
        own.put_bucket_policy(Bucket=bucket, Policy=document)
    elif what == "policy":
        print_policy(own, bucket)
    elif what == "clear":
        clear(bucket)
    else:
        sys.exit(__doc__)


main()
