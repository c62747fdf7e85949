#!/bin/bash
# Commands that are killed at random times while buckets come late, in full size; `cargo xtask ci` runs
# a dozen of them. The debug build; about half an hour on two cores.
#   usage: run.sh     in the workspace root
#   variables: SEED (0), KILLS (300)
# Works in memory where there is room. Each step prints a line; the last line counts them.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../count.sh
. "$here/../count.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-kills.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
: "${SEED:=0}" "${KILLS:=300}"

program=$(tests_of_the_program)
[ -n "$program" ] || exit 1
name=kills::random::a_run_killed_at_any_time_is_finished_by_the_next_one
label="$name, seed $SEED"
check "$KILLS kills: the next run ends with 0 each time" 0 '1 passed' -- \
  env DATALAKE_TEST_SEED="$SEED" DATALAKE_TEST_KILLS="$KILLS" "$program" --exact --nocapture "$name"
while read -r line; do info "$line"; done < <(grep -E '^seed [0-9]+:' "$work/out")
counted
