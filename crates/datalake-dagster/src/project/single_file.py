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
s3_io_manager = S3PickleIOManager(s3_resource=s3, s3_bucket=BUCKET, s3_prefix={{prefix}})
{{assets}}


# Without explicit definitions a job in this file would hide the assets.
defs = dg.Definitions(
    assets=[{{raw_data}}, {{processed_data}}, {{custom_s3_object}}, {{modal_input}}],
    resources={"{{s3}}": s3, "{{io}}": s3_io_manager},
)
