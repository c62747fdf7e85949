# Written by datalake (sha256:be3a48cf0165e913). Change it as you like: a changed file is left alone.
"""Resources of the data lake: the S3 client and an I/O manager that keeps pickles in the bucket.

What the variables hold is read when a run starts, not when this file is imported: the code location
still loads, and every other asset still runs, if they are missing. Their values never show in the
UI. The keys are read by boto3 from the environment.
"""

import dagster as dg
from dagster_aws.s3 import S3PickleIOManager, S3Resource


@dg.definitions
def resources() -> dg.Definitions:
    s3 = S3Resource(
        endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL"),
        region_name=dg.EnvVar("DAGSTER_S3_REGION"),
    )
    # Keys: PREFIX/ASSET[/PARTITION], a pickle, no extension. Whoever can write there can run code
    # in Dagster: others get a prefix of their own.
    s3_io_manager = S3PickleIOManager(
        s3_resource=s3,
        s3_bucket=dg.EnvVar("DAGSTER_S3_BUCKET"),
        s3_prefix="assets",
    )
    return dg.Definitions(resources={"s3": s3, "s3_io_manager": s3_io_manager})
