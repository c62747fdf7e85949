# Written by datalake (sha256:886f72f6e8b20505). Change it as you like: a changed file is left alone.
"""Assets in the data lake: pickles by the I/O manager, objects of one's own, JSON for others."""

import json

import dagster as dg
from dagster_aws.s3 import S3Resource

BUCKET = dg.EnvVar("DAGSTER_S3_BUCKET")


@dg.asset(io_manager_key="s3_io_manager", group_name="datalake", kinds={"python", "s3"})
def raw_data() -> dict[str, list[int]]:
    """Kept by the I/O manager, as a pickle."""
    return {"values": list(range(100))}


@dg.asset(io_manager_key="s3_io_manager", group_name="datalake", kinds={"python", "s3"})
def processed_data(raw_data: dict[str, list[int]]) -> dict[str, int]:
    """Reads raw_data from the bucket, and keeps its sum there."""
    return {"sum": sum(raw_data["values"])}


@dg.asset(group_name="datalake", kinds={"s3", "json"})
def custom_s3_object(s3: S3Resource) -> dg.MaterializeResult:
    """Writes an object of its own. A MaterializeResult goes to no I/O manager."""
    bucket, key = BUCKET.get_value(), "custom/data.json"
    body = json.dumps({"message": "Hello from Dagster"}).encode()
    client = s3.get_client()
    client.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")
    size = client.head_object(Bucket=bucket, Key=key)["ContentLength"]
    return dg.MaterializeResult(metadata={"uri": f"s3://{bucket}/{key}", "size": size})


@dg.asset(group_name="datalake", kinds={"s3", "json"}, deps=[raw_data])
def modal_input(s3: S3Resource) -> dg.MaterializeResult:
    """Rows of JSON for a function of Modal, below a prefix of their own.

    Nothing but Python with the same packages can read a pickle, and nothing but Dagster should
    write where pickles lie.
    """
    bucket, key = BUCKET.get_value(), "modal/input.json"
    rows = [{"x": number} for number in range(5)]
    body = json.dumps(rows).encode()
    s3.get_client().put_object(
        Bucket=bucket, Key=key, Body=body, ContentType="application/json"
    )
    return dg.MaterializeResult(
        metadata={"uri": f"s3://{bucket}/{key}", "rows": len(rows)}
    )
