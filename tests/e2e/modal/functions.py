"""What the lane deploys: it tells what it was given, and uses the bucket."""

import json
import os

import modal

app = modal.App("dagster-compute")
image = modal.Image.debian_slim(python_version="3.11").pip_install("boto3>=1.38")
secret = modal.Secret.from_name(
    "hetzner-s3", required_keys=["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "DAGSTER_S3_BUCKET"]
)


@app.function(image=image, secrets=[secret], timeout=60)
def who() -> str:
    return f"{os.getpid()} {os.environ['DAGSTER_S3_BUCKET']}"


@app.function(image=image, secrets=[secret], timeout=60)
def round_trip(source: str, target: str) -> dict:
    import time

    import boto3

    bucket, s3 = os.environ["DAGSTER_S3_BUCKET"], boto3.client("s3")
    try:
        s3.create_bucket(Bucket=bucket)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    for _ in range(100):
        # Gateways disagree about a new bucket for a while.
        try:
            s3.put_object(Bucket=bucket, Key=source, Body=json.dumps([1, 2, 3]).encode())
            rows = json.loads(s3.get_object(Bucket=bucket, Key=source)["Body"].read())
            s3.put_object(Bucket=bucket, Key=target, Body=json.dumps(rows).encode())
            break
        except s3.exceptions.ClientError:
            time.sleep(0.2)
    size = s3.head_object(Bucket=bucket, Key=target)["ContentLength"]
    return {"rows": len(rows), "size": size}
