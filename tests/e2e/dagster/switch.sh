# Dagster itself is asked whether it reads from the bucket what was moved there: 75 pickles of assets and
# partitions with names of every kind. Before the switch, with another prefix, another bucket or another
# I/O manager the check is not green, and nothing local goes.
part_switch() {
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
    --python "$python/python" --python-file "$work/switch/code/defs.py" \
    --working-directory "$work/switch/code" "$@"
}
lane_assets() { "$python/python" "$here/migrate_assets.py" "$@"; }
on_switch() { "$program" --state "$work/switch/state" migrate "$@" --home "$DAGSTER_HOME"; }
not_freed() { # WHY
  check "$1: nothing local goes" 78 'migrate check' -- on_switch free --confirm lake-switch
}

switch_proven() {
  rm -rf "$work/switch"
  mkdir -p "$work/switch/home" "$work/switch/code"
  export DAGSTER_HOME=$work/switch/home PYTHONDONTWRITEBYTECODE=1 LANE_MANY=1
  echo 'telemetry: {enabled: false}' > "$DAGSTER_HOME/dagster.yaml"
  check 'the local I/O manager writes 75 pickles' 0 -- lane_assets write v1 || return
  check 'they load from there' 0 '75 right, 0 wrong' -- lane_assets load v1
  check 'all of them are moved' 0 '75 confirmed by the store' -- \
    on_switch run --yes --while-running
  not_freed 'before any check'
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
  check 'local files go' 0 '75 files removed' -- on_switch free --deep --confirm lake-switch
  check 'and everything loads from S3 with equal values' 0 '75 right, 0 wrong' -- \
    env LANE_IO=s3 "$python/python" "$here/migrate_assets.py" load v1
  unset DAGSTER_HOME LANE_MANY
}
# Frames: their managers are checked here as well, once `migrate run` moves them.
