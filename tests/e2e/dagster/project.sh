# The generated project, in both layouts, with dagster-webserver and dagster-daemon.
# shellcheck source=instance.sh
. "$here/instance.sh"

part_project() {
  on_each_store lake-project both_layouts
}

both_layouts() {
  layout_works single-file
  layout_works dg
}

# An asset of the operator's, that says who runs it.
plain_asset() {
  cat << 'PYTHON'
import os

import dagster as dg


@dg.asset
def spoken() -> None:
    print("spoken by the", os.environ.get("LANE_ROLE"))
PYTHON
}

write_workspace() { # LAYOUT
  if [ "$1" = dg ]; then
    plain_asset > "$project/src/code_lake/defs/spoken.py"
    cat > "$home/workspace.yaml" << YAML
load_from:
  - python_module: {module_name: code_lake.definitions, working_directory: $project/src}
YAML
  else
    plain_asset > "$project/spoken.py"
    echo 'defs = dg.Definitions(assets=[spoken])' >> "$project/spoken.py"
    cat > "$home/workspace.yaml" << YAML
load_from:
  - python_file: $project/spoken.py
  - python_file: $project/example_s3_assets.py
YAML
  fi
}

layout_works() { # LAYOUT
  local layout=$1 old
  label="$store, $layout"
  make_instance "$layout"
  check 'dagster init' 0 -- "$program" dagster init --layout "$layout" "$project" || return 1
  check 'dagster init again has nothing to do' 0 'Nothing to do' -- \
    "$program" dagster init --layout "$layout" "$project"
  check 'every file compiles' 0 -- compiles
  write_workspace "$layout"

  check 'Dagster starts without any variable of the bucket' 0 -- start_dagster || dagster_says
  check 'without the variables a run is refused, and told which one is missing' 1 DAGSTER_S3_ -- \
    ask launch raw_data
  materialize 'an asset of before runs in the daemon' spoken || return 1
  old=$run
  check 'its log is shown' 0 'spoken by the daemon' -- ask log "$old"
  stop_dagster

  cp "$home/dagster.yaml" "$work/dagster.yaml"
  check 'provision with logs in the bucket' 0 'dagster.yaml' -- \
    with_logs_s3 provision --yes || return 1
  check 'Dagster starts with them' 0 -- start_dagster || dagster_says
  samples_work "$layout"
  check 'the log of before is still shown' 0 'spoken by the daemon' -- ask log "$old"
  materialize 'an asset that prints' spoken
  check 'none of it waits on the disk' 0 -- nothing_waits "$run"
  check 'its log is shown, from the bucket' 0 'spoken by the daemon' -- ask log "$run"
  check 'it is in the bucket, and no empty one' 0 -- objects logs compute-logs "$run"
  deleted_assets_come_back
  stop_dagster
  check 'rollback' 0 -- on_host rollback --yes
  check 'dagster.yaml is as before' 0 -- cmp "$work/dagster.yaml" "$home/dagster.yaml"
  rm -rf "${root%/host}" "$root.state"
}

with_logs_s3() { DATALAKE_LOGS=s3 on_host "$@"; }
nothing_waits() { [ -z "$(find "$home/logs/$1" -name '*.out' -newer "$home/dagster.yaml" 2> /dev/null)" ]; }
dagster_says() { tail -n 5 "$home"/{webserver,daemon}.out | sed 's/^/      | /'; }

compiles() {
  find "$project" -name '*.py' -exec "$python/python" -m py_compile {} + &&
    find "$project" -name __pycache__ -exec rm -rf {} +
}

samples_work() { # LAYOUT
  local day
  materialize 'all samples in one run' raw_data,processed_data,custom_s3_object,modal_input
  check 'raw_data is a pickle at assets/raw_data' 0 -- \
    objects pickle assets/raw_data "{'values': [$(seq -s, 0 99)]}"
  check 'processed_data has read it' 0 -- objects pickle assets/processed_data '{"sum": 4950}'
  check 'custom_s3_object is JSON at custom/data.json' 0 -- \
    objects json custom/data.json '{"message": "Hello from Dagster"}'
  check 'modal_input is JSON apart from the pickles' 0 -- \
    objects json modal/input.json '[{"x": 0}, {"x": 1}, {"x": 2}, {"x": 3}, {"x": 4}]'
  materialize 'a sample that reads what another run has written' processed_data
  [ "$1" = dg ] || return 0
  for day in 01 02 03; do materialize "the partition 2026-01-$day" daily_numbers "2026-01-$day"; done
  check 'a partition is an object of its own' 0 -- \
    objects pickle assets/daily_numbers/2026-01-02 '[2, 4]'
  materialize 'an asset that reads all partitions' all_numbers
  check 'it has read all of them' 0 -- objects pickle assets/all_numbers 18
  check 'dg check defs' 0 -- dg_checks
}

dg_checks() { (cd "$project" && with_settings dg check defs); }

deleted_assets_come_back() {
  check 'nothing is deleted' 0 'as wanted' -- on_host restore assets/ --dry-run
  check 'somebody deletes an object' 0 -- objects gap assets/raw_data
  check 'it is found' 3 assets/raw_data -- on_host restore assets/ --dry-run
  check 'who reads it fails' 0 FileNotFoundError -- ask fails processed_data
  check 'it is restored' 0 'Restored 1 key' -- on_host restore assets/ --yes
  materialize 'who reads it works again' processed_data
}
