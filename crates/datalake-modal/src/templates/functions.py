"""Functions in Modal for the data lake: `datalake modal deploy` brings them there.

They get keys of objects and give back keys and counts: data itself passes through the bucket, not
through Modal's control plane. Whoever may write where Dagster's pickles lie can run code in Dagster,
so what is exchanged here is JSON and Parquet, below a prefix of its own.
"""

import io
import json
import os

import modal

app = modal.App("{{app}}")

image = modal.Image.debian_slim(python_version="3.12").uv_pip_install("boto3>=1.38,<2")
tables_image = image.uv_pip_install("pandas>=2.2,<4", "pyarrow>=17")

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

bounds = {
    "cpu": 1.0,  # cores; more is used where there is more, and costs more
    "memory": 1024,  # MiB
    "timeout": {{attempt}},  # seconds for one attempt; the assets wait for all of them
    "retries": modal.Retries(max_retries={{retries}}, initial_delay=5.0),
    "max_containers": {{containers}},  # {{why_containers}}
    # Near the bucket, for 1.5 times the price ("eu-west" and the like 1.75 times): "region": "eu",
}


# ---- Yours: begin ---- (this part stays when `datalake modal init` runs again)
def transform_rows(rows: list) -> dict:
    """What the result says of rows of JSON: the sum of each column of numbers."""
    sums = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sums[name] = sums.get(name, 0) + value
    return {"sums": sums}


def transform_table(frame):
    """What becomes of a table of Parquet, a frame of pandas; columns may be text."""
    return frame.drop_duplicates()


# ---- Yours: end ----


# A retried step of Dagster's calls once more: the same keys in give the same keys out.
@app.function(image=image, secrets=[secret], **bounds)
def process_dataset(input_key: str, output_key: str) -> dict:
    """Reads rows of JSON, and writes their number and what `transform_rows` says of them."""
    rows = json.loads(read_object(input_key))
    body = json.dumps({"rows": len(rows), **transform_rows(rows)}).encode()
    write_object(output_key, body, "application/json")
    return {"output_key": output_key, "rows": len(rows), "size": len(body)}


@app.function(image=tables_image, secrets=[secret], **bounds)
def process_table(input_key: str, output_key: str) -> dict:
    """Reads a table of Parquet, and writes what `transform_table` makes of it."""
    import pandas  # only there in the image

    frame = transform_table(pandas.read_parquet(io.BytesIO(read_object(input_key))))
    body = frame.to_parquet(index=False)
    write_object(output_key, body, "application/vnd.apache.parquet")
    return {"output_key": output_key, "rows": len(frame), "size": len(body)}


def read_object(key: str) -> bytes:
    """The content of an object in the bucket."""
    import boto3  # only there in the images

    # Address, region, keys and checksums: all of it comes from the secret.
    s3 = boto3.client("s3")
    return s3.get_object(Bucket=os.environ["DAGSTER_S3_BUCKET"], Key=key)["Body"].read()


def write_object(key: str, body: bytes, kind: str) -> None:
    """Stores an object in the bucket."""
    import boto3

    s3 = boto3.client("s3")
    s3.put_object(Bucket=os.environ["DAGSTER_S3_BUCKET"], Key=key, Body=body, ContentType=kind)
{{mounted}}
