{{frames_io}} = {{class}}(
    bucket=dg.EnvVar("{{bucket}}"),
    prefix={{prefix}},
    endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL"),
    region_name=dg.EnvVar("DAGSTER_S3_REGION"),
)

defs = dg.Definitions(
    assets=[{{orders}}, {{totals}}, {{history}}],
    resources={"{{frames_io}}": {{frames_io}}},
)
