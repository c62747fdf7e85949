# Dagster itself is asked whether it reads from the bucket what was moved there: 75 pickles of assets and
# partitions with names of every kind, and 47 frames. Before the switch, with another prefix, another bucket
# or another I/O manager the check is not green, and nothing local goes.
# shellcheck source=kinds.sh
. "$here/kinds.sh"

part_switch() {
  install_kinds || { fail 'the libraries of frames cannot be installed'; return; }
  on_each_store lake-switch switch_proven
}

# checked SETTINGS... -- FLAGS...: `migrate check` of code with these settings. They are written into a file:
# as root no variables are handed over.
checked() {
  local settings=()
  while [ "$1" != -- ]; do settings+=("$1"); shift; done
  shift
  "$python/python" - "$here" "${settings[@]}" > "$work/switch/code/defs.py" << 'PYTHON'
import sys

print("import os, sys")
print(f"sys.path.insert(0, {sys.argv[1]!r})")
for setting in ["LANE_MANY=1", *sys.argv[2:]]:
    print("os.environ[{0!r}] = {2!r}".format(*setting.partition("=")))
print("from migrate_assets import *")
PYTHON
  "$program" --state "$work/switch/state" migrate check --home "$DAGSTER_HOME" \
    --python "$cache/kinds/bin/python" --python-file "$work/switch/code/defs.py" \
    --working-directory "$work/switch/code" "$@"
}
lane_assets() { "$cache/kinds/bin/python" "$here/migrate_assets.py" "$@"; }
on_switch() { "$program" --state "$work/switch/state" migrate "$@" --home "$DAGSTER_HOME"; }
not_freed() { # WHY
  check "$1: nothing local goes" 78 'migrate check' -- on_switch free --confirm lake-switch
}

# with_frames SETTINGS... -- FLAGS...: the same, where pickles are read right, and frames are asked for as well
with_frames() { checked LANE_IO=s3 "LANE_FRAMES=$work/switch/frames" "$@" --tables; }

switch_proven() {
  rm -rf "$work/switch"
  mkdir -p "$work/switch/home" "$work/switch/code" "$work/switch/frames"
  export DAGSTER_HOME=$work/switch/home PYTHONDONTWRITEBYTECODE=1 LANE_MANY=1
  export LANE_FRAMES=$work/switch/frames DATALAKE_TABLES__BUCKET=lake-switch-tables
  export DAGSTER_S3_TABLES_BUCKET=$DATALAKE_TABLES__BUCKET
  echo 'telemetry: {enabled: false}' > "$DAGSTER_HOME/dagster.yaml"
  local engine
  for engine in polars pandas duckdb; do
    check "dagster init --frames $engine" 0 "frames_$engine.py" -- \
      "$program" dagster init --layout single-file --frames "$engine" "$LANE_FRAMES" || return
  done
  DAGSTER_S3_BUCKET=$DATALAKE_TABLES__BUCKET make_bucket
  check 'local I/O managers write 75 pickles and 47 frames' 0 -- lane_assets write v1 || return
  check 'they load from there' 0 '122 right, 0 wrong' -- lane_assets load v1
  check 'all of them are moved' 0 '47 confirmed by the store' -- \
    on_switch run --tables --yes --while-running
  not_freed 'before any check'
  pickles_switched
  frames_switched
  check 'local files go' 0 '75 files removed' -- on_switch free --deep --confirm lake-switch
  check 'and everything loads from S3 with equal values' 0 '122 right, 0 wrong' -- \
    env LANE_IO=s3 "$cache/kinds/bin/python" "$here/migrate_assets.py" load v1
  unset DAGSTER_HOME LANE_MANY LANE_FRAMES DATALAKE_TABLES__BUCKET DAGSTER_S3_TABLES_BUCKET
}

pickles_switched() {
  check 'before the switch the check is red' 4 'reads local files' -- checked LANE_IO=local --
  not_freed 'before the switch'
  check "with the library's own prefix it is red, and names the line" 4 's3_prefix="assets"' -- \
    checked LANE_IO=s3 LANE_PREFIX=library --
  not_freed 'with another prefix'
  DAGSTER_S3_BUCKET=lake-elsewhere make_bucket
  check 'with another bucket it is red' 4 'read from bucket `lake-elsewhere`' -- \
    checked LANE_IO=s3 LANE_BUCKET=lake-elsewhere --
  not_freed 'with another bucket'
  check 'of another manager nothing is known' 5 'OwnManager' -- checked LANE_IO=own --
  not_freed 'with another manager'
  check 'after the switch it is green' 0 '75 files read from' -- checked LANE_IO=s3 --
  check 'each of them loads' 0 '75 files read from' -- checked LANE_IO=s3 -- --load all
}

frames_switched() {
  check 'frames: before the switch the check is red' 4 'reads local files' -- \
    with_frames LANE_IO=local --
  not_freed 'frames before the switch'
  check 'frames with another prefix: red, and the line is named' 4 'prefix="assets"' -- \
    with_frames LANE_FRAMES_PREFIX=frames --
  check 'frames in another bucket: red' 4 'read from bucket `lake-elsewhere`' -- \
    with_frames LANE_FRAMES_BUCKET=lake-elsewhere --
  check 'frames by the manager of pickles: red' 4 'reads pickles, and it is a frame' -- with_frames LANE_FRAMES_IO=pickles --
  check 'frames by another manager: nothing is known' 5 'OwnManager' -- with_frames LANE_FRAMES_IO=own --
  cp "$LANE_FRAMES/frames_polars.py" "$work/switch/kept.py"
  sed -i 's/+ ".parquet"/+ ".pq"/' "$LANE_FRAMES/frames_polars.py"
  check 'frames by a generated manager that somebody has changed: nothing is known' 5 'not known' -- \
    with_frames --
  cp "$work/switch/kept.py" "$LANE_FRAMES/frames_polars.py"
  check 'frames after the switch: green' 0 '122 files read from' -- with_frames --
  check 'each of them loads' 0 '122 files read from' -- with_frames -- --load all
}
