"""Assets that functions in Modal compute: keys go there, the results are in the bucket.

Needs `modal` in the image (`datalake dagster deps apply --modal`), and MODAL_TOKEN_ID and
MODAL_TOKEN_SECRET in the environment of the containers.
"""

import contextlib

import dagster as dg

INPUT_KEY = "modal/input.json"
OUTPUT_KEY = "modal/processed.json"

# Seconds for all attempts of a call together, with a while for Modal to find a container.
LONGEST = {{longest}}

days = dg.DailyPartitionsDefinition(start_date="2026-01-01")


@dg.asset(deps=["modal_input"], group_name="datalake", kinds={"modal", "s3"})
def modal_processed(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Has the function read what `modal_input` has written, and waits for its result."""
    return compute(context, INPUT_KEY, OUTPUT_KEY)


@dg.asset(partitions_def=days, group_name="datalake", kinds={"modal", "s3"})
def modal_days(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """The same for each day by itself: `modal/days/DAY.json` becomes `modal/processed/DAY.json`."""
    day = context.partition_key
    return compute(context, f"modal/days/{day}.json", f"modal/processed/{day}.json")


def compute(context, input_key: str, output_key: str) -> dg.MaterializeResult:
    """Calls the function in Modal; a run that ends before it takes the call with it."""
    import modal  # here, so that all else still loads in an image without it

    function = modal.Function.from_name("{{app}}", "process_dataset"{{environment}})
    call = function.spawn(input_key, output_key)
    page = f"https://modal.com/id/{call.object_id}"
    context.log.info(f"Modal call {page}")
    try:
        result = call.get(timeout=LONGEST)
    except BaseException:
        # Ended by somebody, failed or too late: nothing goes on there for which nobody waits.
        with contextlib.suppress(Exception):
            call.cancel(terminate_containers=True)
        raise
    bucket = dg.EnvVar("DAGSTER_S3_BUCKET").get_value()
    return dg.MaterializeResult(
        metadata={
            "uri": f"s3://{bucket}/{result['output_key']}",
            "rows": result["rows"],
            "size": result["size"],
            "modal_call": dg.MetadataValue.url(page),
        }
    )
{{definitions}}
