"""Job `{{job}}` of datalake as an asset: each partition is a range of its shards.

Needs `datalake` and the variables of the bucket where Dagster runs user code. What is done is not
done again: a partition that has failed can be materialized once more.
"""

import subprocess
{{import}}
import dagster as dg

# ---- Yours: begin ---- (this part stays when the file is written again)
DATALAKE = {{program}}  # where Dagster runs user code
# ---- Yours: end ----
SHARDS = {{shards}}
# So many runs at one time share what the service takes. More than that are slowed down by it:
# `max_concurrent_runs` of the instance is 10 unless it says more.
WORKERS = {{workers}}
SIZE = -(-SHARDS // 50)  # shards of a range

ranges = {}
for first in range(0, SHARDS, SIZE):
    numbers = range(first, min(first + SIZE, SHARDS))
    ranges[f"{numbers[0]:06}-{numbers[-1]:06}"] = numbers


@dg.asset(
    partitions_def=dg.StaticPartitionsDefinition(list(ranges)),
    backfill_policy=dg.BackfillPolicy.multi_run(1),
    group_name="datalake",
    kinds={"s3"},
)
def {{name}}(context: dg.AssetExecutionContext) -> None:
    """Does the shards of a range, one after the other."""
    failed = []
    for number in ranges[context.partition_key]:
        words = ["job", "shard", "{{job}}", str(number), "--workers", str(WORKERS)]
        words += ["--bucket", "{{bucket}}"]{{flags}}
        done = subprocess.run([DATALAKE, *words], capture_output=True, text=True)
        context.log.info(done.stdout.strip() or f"shard {number}: exit {done.returncode}")
        if done.returncode != 0:
            context.log.error(done.stderr[-2000:] or f"shard {number}: keys have failed")
            failed.append(number)
    if failed:
        told = "`datalake job report {{job}}` names keys and causes"
        raise dg.Failure(f"not all is done in shards {failed}; {told}")


{{name}}_all = dg.define_asset_job("{{name}}_all", selection=[{{name}}])
{{definitions}}