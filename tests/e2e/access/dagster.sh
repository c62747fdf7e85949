# The real Dagster under a key that may do what the preset `dagster` says and nothing else, with a
# bucket of tables beside that of the assets. Sourced by run.sh; `work`, `address`, `cache` and
# `program` are its own. Dagster's Python environment is that of the lane `dagster`.
# shellcheck source=../dagster/lane.sh
. "$here/../dagster/lane.sh"
# shellcheck source=../dagster/instance.sh
. "$here/../dagster/instance.sh"

prepare_dagster() {
  local here=$here/../dagster cache=$cache/dagster
  python=$cache/python/bin
  mkdir -p "$cache"
  install_python
}

# as_key KEY COMMAND...: with what the containers would be given, and this key instead of the own one
as_key() {
  local key=$1
  shift
  with_settings env AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="secret-$key" "$@"
}
least() { as_key "$1" "$python/python" "$here/least.py" "${@:2}"; }

# runs TEXT EXIT WORDS ASSETS [FLAG...]: Dagster materializes them with its restricted key
runs() {
  local text=$1 expected=$2 words=$3 assets=$4
  shift 4
  check "$text" "$expected" "$words" -- as_key AKA22220000000000000 "$python/dagster" asset \
    materialize -m code_lake.definitions -d "$project/src" --select "$assets" "$@"
}

# The project of `dagster init`, and the dagster.yaml of `provision`, which is done with the own key.
make_project() {
  use_store '' "$address" default AKA11110000000000000 secret-AKA11110000000000000 "$bucket"
  make_instance least
  check "dagster init" 0 -- "$program" dagster init --layout dg "$project" || return 1
  cat > "$project/src/code_lake/defs/spoken.py" <<'PYTHON'
import dagster as dg


@dg.asset
def spoken() -> None:
    print("spoken under a restricted key")
PYTHON
  check "provision with logs in the bucket" 0 "dagster.yaml" -- provision_logs
}
provision_logs() { (cd "$work" && DATALAKE_LOGS=s3 on_host provision --yes); }

write_least_spec() {
  write_key own.env AKA11110000000000000
  write_key dagster.env AKA22220000000000000
  write_key modal.env AKA33330000000000000
  write_key logs.env AKB22220000000000000
  cat > "$work/roles/datalake.yaml" <<SPEC
endpoint: $address
region: default
credentials: { file: own.env }
tables: { bucket: $tables }
SPEC
}

# Roles in both buckets, by the presets that `grant` has written.
bind_both_buckets() {
  local keys=(--key-file dagster.env --key-file modal.env --key-file logs.env)
  at 0 "as: dagster" grant AKA22220000000000000 --project p2222 --as dagster
  at 0 "project: p3333" grant AKA33330000000000000 --key-file modal.env --as modal-worker
  at 0 "write: [" grant AKB22220000000000000 --project p2222 --name logs \
    write compute-logs list compute-logs
  check "doctor tells buckets in which an ACL can make an object public" 0 \
    "bucket \`$tables\`: an ACL can make an object public" -- doctor_says
  at 0 "proved     dagster" apply --yes "${keys[@]}" || return 1
  check "and when that is over" 0 "public ACLs are ignored in \`$bucket\` and \`$tables\`" -- doctor_says
  seen "the bucket of the assets has a policy" datalake-dagster policy "$bucket"
  seen "the bucket of the tables has one" datalake-modal-worker policy "$tables"
  at 0 "$tables: " prove "${keys[@]}"
  cp "$work/out" "$work/roles/proved"
  check "each preset is proved in both buckets" 0 4 -- \
    grep -cE '^  proved     (dagster|modal-worker) ' "$work/roles/proved"
}
doctor_says() {
  (cd "$work/roles" && "$program" --state "$work/state" --bucket "$bucket" doctor --only store -v) || true
}

dagster_works() {
  local run day
  runs "an asset is stored as a pickle" 0 RUN_SUCCESS raw_data
  runs "another run loads it" 0 RUN_SUCCESS processed_data
  for day in 01 02 03; do
    runs "the partition 2026-01-$day" 0 RUN_SUCCESS daily_numbers --partition "2026-01-$day"
  done
  runs "all partitions are loaded" 0 RUN_SUCCESS all_numbers
  runs "an asset that prints" 0 RUN_SUCCESS spoken
  run=$(least AKA22220000000000000 last)
  rm -rf "$home/logs"
  check "its log is read from the bucket" 0 "spoken under a restricted key" -- \
    least AKA22220000000000000 log "$run"
  check "the keys of its logs are listed" 0 "1 log" -- least AKA22220000000000000 list "$run"
  check "what Modal's key has stored" 0 -- least AKA33330000000000000 store assets/raw_data
  runs "is loaded with Dagster's key" 0 RUN_SUCCESS processed_data
  check "and this is what came of it" 0 "{'sum': 42}" -- \
    least AKA11110000000000000 load assets/processed_data
  runs "a run that stores elsewhere is refused" 1 AccessDenied custom_s3_object
  least AKA22220000000000000 delete "$run" > "$work/out" 2>&1
  check "Dagster's key deletes none of its logs" 0 "1 log" -- least AKA22220000000000000 list "$run"
  check "a key that may deletes them" 0 -- least AKB22220000000000000 delete "$run"
  check "and are gone" 0 "0 logs" -- least AKA22220000000000000 list "$run"
  check "whatever else Dagster's key tries is refused" 0 "0 allowed" -- \
    least AKA22220000000000000 tries
}

try_dagster() { # NUMBER
  bucket=lane-least-$1 tables=lane-tables-$1
  mkdir -p "$work/roles"
  rm -rf "$work/state"
  write_least_spec
  if ! roles make "$bucket" > "$work/out" 2>&1 || ! roles make "$tables" > "$work/out" 2>&1; then
    fail "no buckets: $(tail -1 "$work/out")"
    return
  fi
  if make_project; then
    forget_store
    if bind_both_buckets; then dagster_works; fi
    check "a foreign key stores into the bucket of the tables" 0 -- roles keep "$tables"
    at 3 "$tables" adopt --dry-run
    at 0 ", 0 left" reset --yes
    seen "the assets' policy is gone" none policy "$bucket"
    seen "the tables' policy is gone" none policy "$tables"
  fi
  forget_store
  roles clear "$bucket" > "$work/out" 2>&1 || fail "the bucket stays: $(tail -1 "$work/out")"
  roles clear "$tables" > "$work/out" 2>&1 || fail "the bucket stays: $(tail -1 "$work/out")"
}
