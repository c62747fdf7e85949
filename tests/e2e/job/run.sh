#!/bin/bash
# Jobs on three engines: this machine, Modal (its real client on a control plane on loopback) and the
# real Dagster (webserver's daemon, a backfill), on the sandbox's bucket.
#   usage: run.sh [PART...]      in the workspace root; parts: same deploys killed both brake unseen many
#   RELEASE=FILE is measured with a million keys instead of a release build
#   SIZE=small takes a tenth of the objects; KINDS='copy python' are the kinds that are compared
# Needs a network once; the clients stay in target/e2e/modal, Dagster in target/e2e/dagster. Each check
# prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/modal program=$target/debug/datalake python=$target/e2e/dagster/python/bin
store='' proxy='' daemon=''

# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=../modal/plane.sh
. "$here/../modal/plane.sh"

clean() {
  ends "$daemon"
  ends "$proxy"
  ends "$plane"
  ends "$store"
  [ -z "$work" ] || rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

# Dagster is that of its own lane.
install_dagster() (
  here=$here/../dagster cache=$target/e2e/dagster
  # shellcheck source=../dagster/lane.sh
  . "$here/lane.sh"
  install_python
)

lake() { "$program" --root "$work/host" --state "$work/state" --config "$work/datalake.yaml" "$@"; }

start_store() { # start_store [FLAG...]
  rm -rf "$work/store" "$work/exports"
  "$program" --sandbox="$work/store" sandbox "$@" > "$work/exports" 2> "$work/store.log" &
  store=$!
  wait_for 60 grep -q serving "$work/store.log" || { fail 'the sandbox starts'; exit 1; }
  # shellcheck disable=SC1091
  . "$work/exports"
  export DAGSTER_S3_BUCKET=lane-job-assets
  wait_for 60 "$python/python" -c '
import boto3
boto3.client("s3").create_bucket(Bucket="lane-job-assets")'
}

# What asks the service from now on goes through the proxy, which notes it.
start_proxy() {
  rm -f "$work/notes" "$work/proxy.port"
  "$python/python" "$here/proxy.py" "${AWS_ENDPOINT_URL_S3##*:}" "$work/notes" > "$work/proxy.port" &
  proxy=$!
  wait_for 20 test -s "$work/proxy.port"
  export AWS_ENDPOINT_URL_S3=http://127.0.0.1:$(cat "$work/proxy.port")
}

spec() { # spec [LIMITS]
  cat > "$work/datalake.yaml" << YAML
region: fsn1
endpoint: $AWS_ENDPOINT_URL_S3
bucket: lane-job-assets
limits: { requests-per-second: ${1:-off} }
modal: { secret: hetzner-s3 }
YAML
  rm -rf "$work/state"
}

# use VERSION: this client in PATH, and a Modal that holds the secret alone
use() {
  version=$1
  export PATH=$cache/$1/bin:$plain
  ends "$plane"
  start_plane
  rm -rf "$work/state"
  lake modal secret sync --yes > "$work/out" 2>&1 || { fail 'the secret is stored'; cat "$work/out"; }
}

# on_modal JOB [FLAG...]
on_modal() { lake job run "$1" --on modal --dir "$work/modal" --yes "${@:2}"; }

# on_dagster JOB [FLAG...]: the asset is written, and a backfill does all of its partitions
on_dagster() {
  local file code end=$((SECONDS + 900)) name=datalake_job_${1//-/_}
  lake job run "$1" --on dagster --dir "$work/dagster" "${@:2}" || return 1
  file=$work/dagster/$name.py
  mkdir -p "$work/dagster-home"
  echo 'telemetry: { enabled: false }' > "$work/dagster-home/dagster.yaml"
  # Two at one time would make the same tables.
  say_dagster
  "${in_dagster[@]}" dagster instance info > "$work/instance.log" 2>&1
  "${in_dagster[@]}" dagster-daemon run -f "$file" > "$work/daemon.log" 2>&1 &
  daemon=$!
  "${in_dagster[@]}" dagster job backfill -f "$file" -j "${name}_all" --all --noprompt || return 1
  while [ "$SECONDS" -lt "$end" ]; do
    lake job status "$1" > /dev/null 2>&1
    code=$?
    [ "$code" = 3 ] || break
    sleep 2
  done
  ends "$daemon"
  daemon=''
  return "$code"
}

# What Dagster's programs are started with: what the env file hands over, and nothing else of the lane's.
# An array, so that what is started in the background is the program itself.
say_dagster() {
  in_dagster=(env -i PATH="$python:/usr/bin:/bin" HOME="$work/home" NO_PROXY=127.0.0.1
    DAGSTER_HOME="$work/dagster-home" AWS_ACCESS_KEY_ID="$AWS_ACCESS_KEY_ID"
    AWS_SECRET_ACCESS_KEY="$AWS_SECRET_ACCESS_KEY" AWS_REGION=fsn1 AWS_DEFAULT_REGION=fsn1
    AWS_ENDPOINT_URL_S3="$AWS_ENDPOINT_URL_S3" DAGSTER_S3_BUCKET=lane-job-assets)
}

# compare KIND TASK SOURCE EXIT [FLAG...]: three engines leave the same bytes in the receipts
compare() {
  local kind=$1 task=$2 source=$3 exit=$4 engine began
  shift 4
  for engine in local modal dagster; do
    local dest=()
    # No longer than the source: there is a key of 1,024 bytes.
    [ "$kind" = checksum ] || dest=("${kind:0:1}-${engine:0:1}/")
    check "$kind: planned for $engine" 0 -- \
      lake job plan "$kind-$engine" --do "$task" "$source" "${dest[@]}"
    began=$SECONDS
    case $engine in
      local) check "$kind on $engine" "$exit" -- lake job run "$kind-local" "$@" ;;
      modal) check "$kind on $engine" "$exit" -- on_modal "$kind-modal" "$@" ;;
      dagster) check "$kind on $engine" "$exit" -- on_dagster "$kind-dagster" "$@" ;;
    esac
    info "$kind on $engine took $((SECONDS - began)) s"
    "$python/python" "$here/receipts.py" "$kind-$engine" > "$work/receipts-$engine"
  done
  if cmp -s "$work/receipts-local" "$work/receipts-modal" &&
    cmp -s "$work/receipts-local" "$work/receipts-dagster" && [ -s "$work/receipts-local" ]; then
    pass "$kind: the receipts of all engines are the same $(stat -c %s "$work/receipts-local") bytes"
  else
    fail "$kind: the receipts differ"
  fi
}

part_same() {
  start_store
  spec
  use 1.6.4
  info "$("$python/python" "$here/objects.py" "${SIZE:-full}")"
  for kind in ${KINDS:-checksum python copy recompress}; do
    case $kind in
      checksum) compare checksum checksum raw/ 0 ;;
      python) compare python "python:$here/clean.py:clean" raw/ 5 --code "$here/clean.py" ;;
      copy) compare copy copy some/ 0 ;;
      # The longest key has no room for an ending.
      recompress) compare recompress recompress some/ 5 ;;
    esac
  done
}

# The generated file without a warning, with the newest client and an older one.
part_deploys() {
  start_store
  spec
  SIZE=small "$python/python" "$here/objects.py" small > /dev/null
  for version in 1.6.4 1.4.3; do
    use "$version"
    label="modal $version"
    check 'the job is planned' 0 -- lake job plan "hash-${version//./-}" --do checksum some/
    check 'what would be done is shown with its price' 3 'Egress:' -- \
      on_modal "hash-${version//./-}" --dry-run
    check 'without a terminal nobody is asked' 2 'confirmation is needed' -- \
      lake job run "hash-${version//./-}" --on modal --dir "$work/modal"
    check 'a price over the budget is refused' 6 'more than the budget' -- \
      env DATALAKE_COST__BUDGET=1EUR "$program" --root "$work/host" --state "$work/state" \
      --config "$work/datalake.yaml" job run "hash-${version//./-}" --on modal --core-hour 99999EUR
    check 'Modal does it' 0 'done' -- on_modal "hash-${version//./-}"
    local file=$work/modal/datalake_job_hash_${version//[.-]/_}.py
    check 'its file deploys without a warning' 0 'deployed' -- \
      "$cache/$version/bin/python" -W error -m modal deploy "$file"
    check 'and runs without one' 0 -- "$cache/$version/bin/python" -W error "$file" 0
    if [ "$(wc -l < "$file")" -le 60 ]; then pass 'it has at most 60 lines'; else fail 'it is too long'; fi
  done
  label=job
}

# stop_later SECONDS PID: kills it after a while
kill_after() { sleep "$1"; kill -KILL "$2" 2> /dev/null; wait "$2" 2> /dev/null; }

# ended JOB: all of it is done, and no finished shard was read again
ended() {
  check "$1: one more run ends it" 0 '6,000 done' -- on_modal "$1"
  check "$1: each key has one outcome" 0 -- "$python/python" -c "
import json, sys
keys = [k for line in open('$work/receipts') for k in json.loads(line)['keys']]
sys.exit(not (len(keys) == len({k['key'] for k in keys}) == 6000 and all('done' in k['outcome'] for k in keys)))"
  if "$python/python" "$here/judge.py" again "$work/notes" tiny/ > "$work/judged"; then
    pass "$1: finished shards are not read again: $(cat "$work/judged")"
  else
    fail "$1: $(cat "$work/judged")"
  fi
}

part_killed() {
  local number pid child
  start_store
  "$python/python" "$here/objects.py" tiny > /dev/null
  start_proxy
  # Two workers at one time, each of 30 requests a second.
  spec 60
  use 1.6.4
  check 'planned' 0 -- lake job plan drivers --do checksum tiny/
  for number in $(seq 20); do
    on_modal drivers > "$work/driver.log" 2>&1 < /dev/null &
    kill_after "$((RANDOM % 4 + 3)).$((RANDOM % 10))" $!
  done
  collect drivers
  ended drivers
  : > "$work/notes"
  check 'planned' 0 -- lake job plan workers --do checksum tiny/
  on_modal workers > "$work/driver.log" 2>&1 < /dev/null &
  pid=$!
  for number in $(seq 20); do
    sleep 2
    child=$(worker_now) && kill -KILL "$child" 2> /dev/null || say "worker $number: none"
  done
  wait "$pid"
  collect workers
  ended workers
  : > "$work/notes"
  check 'planned' 0 -- lake job plan plane --do checksum tiny/
  on_modal plane > "$work/driver.log" 2>&1 < /dev/null &
  pid=$!
  sleep 15
  ends "$plane"
  plane=''
  if wait "$pid"; then fail 'without Modal a run goes on'; else pass 'without Modal a run ends'; fi
  use 1.6.4
  collect plane
  ended plane
  stopped
}

collect() { # collect JOB: what is left is done, and its receipts are kept
  on_modal "$1" > "$work/out" 2>&1
  "$python/python" "$here/receipts.py" "$1" > "$work/receipts"
}

# A process of datalake's below one of the containers.
worker_now() {
  "$python/python" -c "
import json, subprocess, sys
rows = subprocess.run(['ps', '-eo', 'pid=,ppid=,comm='], capture_output=True, text=True).stdout
rows = [line.split(None, 2) for line in rows.splitlines()]
parents = {int(pid): int(parent) for pid, parent, _ in rows}
containers = set(map(int, json.load(open('$work/plane/state.json'))['containers']['pids']))
for pid, _, name in rows:
    above = int(pid)
    while name == 'datalake' and above in parents:
        if above in containers:
            sys.exit(print(pid))
        above = parents[above]
sys.exit(1)"
}

# What is stopped ends in Modal, too.
stopped() {
  local pid
  check 'planned' 0 -- lake job plan stopped --do checksum tiny/
  on_modal stopped > "$work/driver.log" 2>&1 < /dev/null &
  pid=$!
  wait_for 60 worker_now || fail 'no worker begins'
  check 'stop ends what runs in Modal' 0 'What ran in Modal has ended' -- \
    lake job stop stopped --on modal
  if wait_for 20 in_plane "state['cancelled'] >= 1 and state['containers']['busy'] == 0" &&
    ! worker_now > /dev/null; then
    pass 'its calls are cancelled, and no worker is left'
  else
    fail 'it goes on'
  fi
  wait "$pid"
  check 'its status says so' 3 'asked to stop' -- lake job status stopped
  check 'a run takes that back' 0 '6,000 done' -- on_modal stopped
}

# Two drivers at one time: the later one ends what the earlier one has called, and does the rest.
part_both() {
  local first second code
  start_store
  "$python/python" "$here/objects.py" tiny > /dev/null
  start_proxy
  spec 200
  use 1.6.4
  check 'planned' 0 -- lake job plan both --do checksum tiny/
  on_modal both > "$work/first.log" 2>&1 < /dev/null &
  first=$!
  sleep 6
  on_modal both > "$work/second.log" 2>&1 < /dev/null &
  second=$!
  wait "$first"
  code=$?
  if [ "$code" = 7 ] && grep -q 'another run of job' "$work/first.log"; then
    pass 'the earlier driver says that another one goes on'
  else
    fail "the earlier driver ends with $code: $(tail -1 "$work/first.log")"
  fi
  if wait "$second"; then pass 'the later driver ends it'; else fail 'the later driver'; tail -5 "$work/second.log"; fi
  collect both
  ended both
}

# What a million keys cost the one who plans.
part_many() {
  local lake=$work/million/lake
  local -a many=(env -i PATH="$PATH" HOME="$work/home" NO_PROXY=127.0.0.1)
  [ -n "${RELEASE:-}" ] || (cd "$here" && cargo build --quiet --release --package datalake-cli) || return
  RELEASE=${RELEASE:-$target/release/datalake}
  many+=("$RELEASE" --sandbox="$lake")
  mkdir -p "$work/million" && cd "$work/million" || return
  "${many[@]}" provision --yes > "$work/out" 2>&1 || { fail 'a bucket'; cat "$work/out"; return; }
  python3 "$here/../money/fill.py" million "$lake" 1000000
  "${many[@]}" sandbox > "$work/exports" 2> "$work/store.log" &
  store=$!
  wait_for 900 grep -q serving "$work/store.log" || { fail 'the sandbox starts'; return; }
  local -a peak=(python3 "$here/../money/peak.py" 100)
  local began=$SECONDS
  check 'a job of 1,000,000 keys is planned below 100 MiB' 0 -- \
    "${peak[@]}" "${many[@]}" job plan many --do checksum assets/
  info "$(tail -1 "$work/out")"
  if [ $((SECONDS - began)) -lt 60 ]; then pass 'in less than 60 s'; else fail 'in 60 s or more'; fi
  check 'its status is told below 100 MiB' 3 'left' -- "${peak[@]}" "${many[@]}" job status many
  info "$(tail -1 "$work/out")"
  cd "$work" && rm -rf "$work/million"
}

# Twenty workers, each in a process of its own, and what the service sees of them.
part_brake() {
  start_store
  "$python/python" "$here/objects.py" tiny > /dev/null
  start_proxy
  spec 750
  check 'planned' 0 -- lake job plan brake --do checksum tiny/0
  sleep 2
  : > "$work/notes"
  local pids=() number
  # They do the same shard: as long as it has no receipt, each reads all of it.
  for number in $(seq 20); do
    lake job shard brake 0 --workers 20 > /dev/null 2>&1 < /dev/null &
    pids+=($!)
  done
  wait "${pids[@]}"
  if "$python/python" "$here/judge.py" pace "$work/notes" > "$work/judged"; then
    pass "20 workers at 750 requests a second: $(cat "$work/judged")"
  else
    fail "20 workers at 750 requests a second: $(cat "$work/judged")"
  fi
}

# Nowhere is the secret but in the environment of those who need it.
part_unseen() {
  start_store
  SIZE=small "$python/python" "$here/objects.py" small > /dev/null
  spec
  use 1.6.4
  local secret=$AWS_SECRET_ACCESS_KEY
  "$python/python" "$here/../modal/watch.py" "$secret" "$work/modal" "$work/dagster" > "$work/seen" &
  local watcher=$!
  check 'planned' 0 -- lake job plan seen --do checksum some/
  check 'Modal does it' 0 -- on_modal seen
  check 'planned for Dagster' 0 -- lake job plan seen-dagster --do checksum some/
  check 'Dagster does it' 0 -- on_dagster seen-dagster
  cp "$work/out" "$work/printed"
  kill -TERM "$watcher"
  wait "$watcher"
  if grep -q '^looked' "$work/seen" && ! grep -qE '^SEEN in (cmdline|file)' "$work/seen"; then
    pass "no argument and no file shows it: $(tail -1 "$work/seen")"
  else
    fail "$(head -5 "$work/seen")"
  fi
  "$python/python" -c '
import boto3, os
s3, bucket = boto3.client("s3"), os.environ["DAGSTER_S3_BUCKET"]
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="_datalake/")
for key in [item["Key"] for page in pages for item in page["Contents"]]:
    print(key, s3.get_object(Bucket=bucket, Key=key)["Body"].read())' > "$work/own"
  if [ -s "$work/own" ] && ! grep -rqF "$secret" "$work/own" "$work/modal" "$work/dagster" \
    "$work/dagster-home" "$work/printed" "$work/plane.log" "$work/daemon.log"; then
    pass 'no object, generated file or log holds it'
  else
    fail 'it is somewhere'
    grep -rlF "$secret" "$work/own" "$work/modal" "$work/dagster" "$work/dagster-home" "$work"/*.log
  fi
}

parts=(same deploys killed both brake unseen many)
[ $# -eq 0 ] || parts=("$@")
mkdir -p "$cache"
cargo build --quiet --package datalake-cli || { echo 'FAIL  the program does not build'; exit 1; }
for version in 1.6.4 1.4.3; do
  install "$version" || { echo "FAIL  modal $version cannot be installed"; exit 1; }
done
install_dagster || { echo 'FAIL  Dagster cannot be installed'; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-job.XXXXXX")
mkdir -p "$work/home" "$work/host/etc" "$work/modal" "$work/dagster"
export HOME=$work/home NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export PLANE=$work/plane MODAL_TOKEN_ID=ak-lane MODAL_TOKEN_SECRET=as-lane
plain=$PATH label=job
cd "$work" || exit 1
for part in "${parts[@]}"; do
  "part_$part"
  ends "$proxy"
  ends "$plane"
  ends "$store"
  proxy='' plane='' store=''
done
counted
