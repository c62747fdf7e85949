# Written by datalake (sha256:3a88fd91c94ee756). Change it as you like: a changed file is left alone.
"""Assets in the data lake, in one file: `dagster-webserver -f`, or `python_file:` in workspace.yaml.

Needs dagster-aws in the image, and the variables that `datalake provision` hands to it.
"""

import json

import dagster as dg
from dagster_aws.s3 import S3PickleIOManager, S3Resource

# Read when a run starts, not when this file is imported: the code location still loads, and every
# other asset still runs, if the variables are missing. Their values never show in the UI.
BUCKET = dg.EnvVar("DAGSTER_S3_BUCKET")

# The keys are read by boto3 from the environment.
s3 = S3Resource(
    endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL"),
    region_name=dg.EnvVar("DAGSTER_S3_REGION"),
)

# Keys: PREFIX/ASSET[/PARTITION], a pickle, no extension. Whoever can write there can run code in
# Dagster: others get a prefix of their own.
s3_io_manager = S3PickleIOManager(s3_resource=s3, s3_bucket=BUCKET, s3_prefix="assets")


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


# Without explicit definitions a job in this file would hide the assets.
defs = dg.Definitions(
    assets=[raw_data, processed_data, custom_s3_object, modal_input],
    resources={"s3": s3, "s3_io_manager": s3_io_manager},
)
