"""An asset that a function in Modal computes: keys go there, the result is in the bucket.

Needs `modal` in the image (`datalake dagster deps apply --modal`), and MODAL_TOKEN_ID and
MODAL_TOKEN_SECRET in the environment of the containers.
"""

import dagster as dg

INPUT_KEY = "modal/input.json"
OUTPUT_KEY = "modal/processed.json"


@dg.asset(deps=["modal_input"], group_name="datalake", kinds={"modal", "s3"})
def modal_processed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Has the function read what `modal_input` has written, and waits for its result."""
    import modal  # here, so that all else still loads in an image without it

    function = modal.Function.from_name("{{app}}", "process_dataset"{{environment}})
    call = function.spawn(INPUT_KEY, OUTPUT_KEY)
    context.log.info(f"Modal call {call.object_id}")
    result = call.get(timeout=1800)
    bucket = dg.EnvVar("DAGSTER_S3_BUCKET").get_value()
    return dg.MaterializeResult(
        metadata={
            "uri": f"s3://{bucket}/{result['output_key']}",
            "rows": result["rows"],
            "size": result["size"],
            "modal_call": call.object_id,
        }
    )
{{definitions}}
