"""Assets in the data lake: pickles by the I/O manager, objects of one's own, JSON for others."""

import json

import dagster as dg
from dagster_aws.s3 import S3Resource

BUCKET = dg.EnvVar("DAGSTER_S3_BUCKET")
{{assets}}
