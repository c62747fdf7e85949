# Each kind of file made by its real library: what a migration makes of it.
# Needs besides: dagster-polars (which reads from S3 with polars before 2 only), dagster-duckdb, deltalake.
part_kinds() {
  install_kinds || { fail 'the libraries of frames and tables cannot be installed'; return; }
  on_each_store lake-kinds kinds_of_a_home
  tables_killed
}

# A hundred kills while somebody appends to a table and writes frames in place.
tables_killed() {
  local owner
  owner=$(getent passwd "$(id -u)" | cut -d: -f6)
  check 'after 100 kills with a writer, the bucket has versions that were and whole frames' 0 -- \
    env -u DAGSTER_HOME HOME="$owner" DATALAKE_TEST_KILLS=100 cargo test --quiet \
    --manifest-path "$here/../../../Cargo.toml" --package datalake-tests --test it -- \
    migrate::tabular::a_killed
}

install_kinds() {
  [ -f "$cache/kinds/done" ] && return 0
  say 'making a Python environment with the libraries of frames and tables'
  python3 -m venv --clear "$cache/kinds" &&
    "$cache/kinds/bin/pip" install --quiet --disable-pip-version-check \
      dagster==1.13.27 dagster-aws==0.29.27 dagster-webserver==1.13.27 'polars<2' 'dagster-polars[deltalake]' \
      dagster-duckdb-pandas==0.29.27 deltalake pandas pyarrow universal-pathlib s3fs boto3 >&2 &&
    touch "$cache/kinds/done"
}

kinds_python() { "$cache/kinds/bin/python" "$here/kinds.py" "$@"; }
from_bucket() {
  env LANE_TABLES="s3://$DAGSTER_S3_BUCKET/frames" AWS_ALLOW_HTTP=true \
    "$cache/kinds/bin/python" "$here/kinds.py" "$@"
}
moved() {
  "$program" --state "$work/kinds/state" migrate "$@" --home "$DAGSTER_HOME" --tables
}

kinds_of_a_home() {
  local before after pid
  rm -rf "$work/kinds"
  mkdir -p "$work/kinds/home"
  export DAGSTER_HOME=$work/kinds/home PYTHONDONTWRITEBYTECODE=1 DATALAKE_TABLES__PREFIX=frames
  printf 'telemetry: {enabled: false}\n' > "$DAGSTER_HOME/dagster.yaml"
  check 'each library writes its kind of file' 0 -- kinds_python write || return
  check 'they load from the disk' 0 'events=12' -- kinds_python load
  # The daemon ticks from now on.
  background "$work/kinds/daemon.out" env PATH="$cache/kinds/bin:$PATH" \
    "$cache/kinds/bin/dagster-daemon" run -f "$here/kinds.py"
  pid=$last

  check 'the plan names the kinds, and the command for DuckDB' 3 'EXPORT DATABASE' -- \
    moved plan --code "$here" --report "$work/kinds/plan.txt"
  before=$(find "$DAGSTER_HOME/storage" -type f ! -path '*/compute_logs/*' ! -path '*/__repository__/*' | sort)
  check 'all of them are moved while the daemon goes on' 0 'Delta table raw/events: version 11' -- \
    moved run --yes --while-running
  check 'at rest while the daemon ticks' 0 -- moved status
  check 'the bucket has what was sent, read again' 0 -- moved verify --deep
  check 'frames and tables load from the bucket' 0 'events=12' -- from_bucket load
  check 'with the same rows' 0 'sales=2 daily=1 ledger=3 codes=2' -- from_bucket load
  check 'the report has no asset that is none' 0 -- moved report --json

  kinds_python append 40 > "$work/kinds/append.out" 2>&1 &
  local writer=$!
  check 'a table that is being written goes as a version that was' 0 'Delta table raw/events' -- \
    moved run --yes --while-running
  check 'what is there loads' 0 'version' -- from_bucket load
  wait "$writer"
  check 'the rest of it goes with the next run' 0 'version 51 is in the bucket' -- \
    moved run --yes --while-running
  check 'and loads' 0 'events=52' -- from_bucket load

  mkdir -p "$work/kinds/code"
  printf 'import os, sys\nsys.path.insert(0, "%s")\nos.environ["LANE_TABLES"] = "s3://%s/frames"\nfrom kinds import *\n' \
    "$here" "$DAGSTER_S3_BUCKET" > "$work/kinds/code/defs.py"
  check 'the pickle, frames of dagster-polars and of a UPath manager are read from the bucket' 0 '5 files read from' -- \
    moved check --python "$cache/kinds/bin/python" --python-file "$work/kinds/code/defs.py" \
    --working-directory "$work/kinds/code"
  check 'each of them loads' 0 '5 files read from' -- \
    moved check --python "$cache/kinds/bin/python" --python-file "$work/kinds/code/defs.py" \
    --working-directory "$work/kinds/code" --load all
  check 'freeing removes the pickles, and nothing live' 5 -- \
    moved free --deep --confirm "$DAGSTER_S3_BUCKET" --report "$work/kinds/freed.txt"
  after=$(find "$DAGSTER_HOME/storage" -type f ! -path '*/compute_logs/*' ! -path '*/__repository__/*' | sort)
  before=$(comm -23 <(echo "$before") <(echo "$after") | sed "s|$DAGSTER_HOME/storage/||" | tr '\n' ' ')
  if [ "$before" = 'plain ' ]; then pass 'gone is the pickle alone'; else fail "gone: $before"; fi
  check 'frames, tables and databases still load from the disk' 0 'events=52' -- kinds_python load
  info "$(kinds_table)"
  end "$pid"
  unset DAGSTER_HOME DATALAKE_TABLES__PREFIX
}

# What became of each kind: what the plan said, and what freeing did.
kinds_table() {
  echo 'kind of file: what a run does with it / what freeing does'
  local file
  for file in plain sales.parquet daily/2026-01-01.parquet codes.csv lake.duckdb \
    raw/events/_delta_log/00000000000000000000.json ledger.delta/_delta_log/00000000000000000000.json; do
    printf '  %s: %s / %s\n' "$file" \
      "$(grep -F " $file" "$work/kinds/plan.txt" | head -1 | cut -c1-90)" \
      "$(grep -F " $file" "$work/kinds/freed.txt" | head -1 | cut -c1-90)"
  done
}
