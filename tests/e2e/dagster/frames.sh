# The I/O managers of `dagster init --frames`, on the newest Dagster and on one a year older.
# shellcheck source=instance.sh
. "$here/instance.sh"

# The newest release that was out a year before the library of today: 2025-11-20.
frames_old=(dagster==1.12.3 dagster-aws==0.28.3)
# What `dagster deps --frames` takes as the first versions that fit, and today's.
frames_first=(polars==1.36.1 pandas==2.2.3 pyarrow==18.0.0 duckdb==1.2.0)
frames_today=(polars pandas pyarrow duckdb)

part_frames() {
  label=frames
  # The newest Dagster of all: its library for S3 may lag behind it, and the I/O managers need none.
  install_frames today dagster 'boto3>=1.38' "${frames_today[@]}" ruff pyright &&
    install_frames old "${frames_old[@]}" 'boto3>=1.38' "${frames_today[@]}" &&
    install_frames first "${frames_old[@]}" 'boto3>=1.38' "${frames_first[@]}" || {
    fail 'the engines cannot be installed'
    return
  }
  on_each_store lake-frames frames_work
}

install_frames() { # NAME REQUIREMENT...
  local folder=$cache/frames-$1
  shift
  [ "$(cat "$folder/requirements" 2> /dev/null)" != "$*" ] || return 0
  say "making a Python environment with $*"
  python3 -m venv --clear "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 &&
    echo "$*" > "$folder/requirements"
}

frames_work() {
  local engine environment
  make_instance frames
  check 'provision' 0 -- on_host provision --yes || return 1
  for engine in polars pandas duckdb; do
    check "dagster init --frames $engine" 0 "frames_$engine.py" -- \
      "$program" dagster init --layout single-file --frames "$engine" "$project" || return 1
  done
  for engine in '' '--frames polars' '--frames pandas' '--frames duckdb'; do
    # shellcheck disable=SC2086
    check "dagster init $engine again has nothing to do" 0 'Nothing to do' -- \
      "$program" dagster init --layout single-file $engine "$project"
  done
  check 'ruff check' 0 -- "$cache/frames-today/bin/ruff" check --isolated "$project"/frames_*.py
  check 'ruff format' 0 -- \
    "$cache/frames-today/bin/ruff" format --isolated --check "$project"/frames_*.py
  check 'pyright' 0 -- "$cache/frames-today/bin/pyright" \
    --pythonpath "$cache/frames-today/bin/python" "$project"/frames_*.py
  for environment in today old first; do
    for engine in polars pandas duckdb; do
      check "$engine, $environment" 0 " checks" -- \
        frames_keep "$environment" "$engine" "$project/frames_$engine.py" &&
        info "$(tail -1 "$work/out")"
    done
  done
  frames_load_in_dg
}

# frames_keep ENVIRONMENT ENGINE FILE: with the env file of `provision` and nothing else
frames_keep() {
  local python=$cache/frames-$1/bin certificate=()
  [ -z "${AWS_CA_BUNDLE:-}" ] || certificate=("SSL_CERT_FILE=$AWS_CA_BUNDLE")
  with_settings env "${certificate[@]}" PATH="$python:$PATH" DAGSTER_DISABLE_TELEMETRY=yes \
    timeout 900 "$python/python" -W ignore "$here/frames.py" "$2" "$3" "lane/$1-$2"
}

# In a workspace of `dg`, with a project that its own program has made.
frames_load_in_dg() {
  local engine folder=$work/workspace
  rm -rf "$folder"
  check 'create-dagster workspace' 0 -- create-dagster workspace --no-uv-sync "$folder"
  check 'create-dagster project' 0 -- \
    sh -c "cd '$folder' && create-dagster project --no-uv-sync projects/etl"
  for engine in polars pandas duckdb; do
    check "dagster init --project etl --frames $engine" 0 'etl.definitions' -- \
      "$program" dagster init --project etl --frames "$engine" "$folder"
  done
  check 'dagster init again has nothing to do' 0 'Nothing to do' -- \
    "$program" dagster init --frames polars "$folder"
  for engine in polars pandas duckdb; do
    check "the location loads with frames of $engine alone" 0 "${engine}_io_manager" -- \
      frames_list_resources "$engine"
  done
}

# frames_list_resources ENGINE: the resources of the project's module, without one variable of the bucket
frames_list_resources() {
  env -i PATH="$PATH" HOME="$HOME" PYTHONPATH="$work/workspace/projects/etl/src" PYTHONDONTWRITEBYTECODE=1 \
    "$cache/frames-old/bin/python" -c '
from etl.definitions import defs
found = defs() if callable(defs) else defs
print(*sorted(found.resources), *sorted(key.to_user_string() for key in found.resolve_all_asset_keys()))'
}
