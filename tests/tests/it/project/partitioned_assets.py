# Written by datalake (sha256:fbc2b25b4981dddc). Change it as you like: a changed file is left alone.
"""Partitions in the data lake: one object for each day."""

import dagster as dg

DAILY = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_date="2026-01-04")


@dg.asset(io_manager_key="s3_io_manager", partitions_def=DAILY, group_name="datalake")
def daily_numbers(context: dg.AssetExecutionContext) -> list[int]:
    """One object a day: its key ends with /2026-01-01 and so on."""
    day = int(context.partition_key[-2:])
    return [day, day * 2]


@dg.asset(io_manager_key="s3_io_manager", group_name="datalake")
def all_numbers(daily_numbers: dict[str, list[int]]) -> int:
    """Reads every partition: the I/O manager hands over {partition: value}."""
    return sum(sum(numbers) for numbers in daily_numbers.values())
