"""Functions in Modal for the data lake: `datalake modal deploy` brings them there.

They get keys of objects and give back keys and counts: data itself passes through the bucket, not
through Modal's control plane. Whoever may write where Dagster's pickles lie can run code in Dagster,
so what is exchanged here is JSON, below a prefix of its own.
"""

import json
import os

import modal

app = modal.App("{{app}}")

image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("boto3>=1.38,<2")

# `datalake provision` keeps it in step with the env file of Dagster's containers. Modal refuses to
# deploy a function where one of these keys is missing.
secret = modal.Secret.from_name(
    "{{secret}}",{{environment}}
    required_keys=[
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ENDPOINT_URL_S3",
        "AWS_DEFAULT_REGION",
        "AWS_REQUEST_CHECKSUM_CALCULATION",
        "DAGSTER_S3_BUCKET",
    ],
)


# A retried step of Dagster's calls once more: the same keys in give the same keys out.
@app.function(
    image=image,
    secrets=[secret],
    timeout=900,
    retries=modal.Retries(max_retries=2, initial_delay=5.0),
    # region="eu",  # near the bucket; costs 1.5 times as much ("eu-west" and the like 1.75 times)
)
def process_dataset(input_key: str, output_key: str) -> dict:
    """Reads rows of JSON, and writes their number and the sum of each column."""
    import boto3  # only there in the image

    # Address, region, keys and checksums: all of it comes from the secret.
    bucket, s3 = os.environ["DAGSTER_S3_BUCKET"], boto3.client("s3")
    rows = json.loads(s3.get_object(Bucket=bucket, Key=input_key)["Body"].read())
    sums = {name: sum(row[name] for row in rows) for name in rows[0]} if rows else {}
    body = json.dumps({"rows": len(rows), "sums": sums}).encode()
    s3.put_object(
        Bucket=bucket, Key=output_key, Body=body, ContentType="application/json"
    )
    return {"output_key": output_key, "rows": len(rows), "size": len(body)}
