# What each part of the lane uses: lines that are counted, the Python environment, the stores.
# Sourced by run.sh; `here`, `cache`, `program`, `python` and `work` are its own.
label=dagster store='' processes=()

# wait_for SECONDS COMMAND...
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.3
  done
}

# A port that is free, and the next one too.
free_port() {
  "$python/python" -c '
import socket
while True:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
        try:
            two.bind(("127.0.0.1", port + 1))
        except (OSError, OverflowError):
            continue
        print(port)
        break'
}

# background LOG COMMAND...: a process that stop_processes ends; its id is in `last`
background() {
  local log=$1
  shift
  setsid "$@" > "$log" 2>&1 < /dev/null &
  last=$!
  # Before it has a group of its own, who ends it would find none, and take it for gone.
  while kill -0 "$last" 2> /dev/null && gone "$last"; do sleep 0.02; done
  processes+=("$last")
}

# end PID: the process and all that it started
end() {
  kill -TERM -- "-$1" 2> /dev/null || kill -TERM "$1" 2> /dev/null || return 0
  wait_for 15 gone "$1" || kill -KILL -- "-$1" 2> /dev/null
  wait "$1" 2> /dev/null
  return 0
}
gone() { ! kill -0 -- "-$1" 2> /dev/null; }

stop_processes() {
  local index
  for ((index = ${#processes[@]} - 1; index >= 0; index--)); do end "${processes[index]}"; done
  processes=()
}

install_python() {
  cmp -s "$here/requirements.txt" "$cache/requirements.txt" && return 0
  say 'making a Python environment with the current Dagster'
  python3 -m venv --clear "$cache/python" &&
    "$python/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2 &&
    cp "$here/requirements.txt" "$cache/requirements.txt"
}

versions() {
  "$python/python" - << 'PYTHON'
import importlib.metadata as packages
import platform

names = ["dagster", "dagster-aws", "dagster-webserver", "dagster-graphql", "boto3", "s3transfer"]
print(f"Python {platform.python_version()}", *(f"{n} {packages.version(n)}" for n in names), sep=", ")
PYTHON
}

# The variables of every store, as the env file of `provision` has them.
use_store() { # LABEL ADDRESS REGION ACCESS SECRET BUCKET [CERTIFICATE]
  store=$1
  export AWS_ACCESS_KEY_ID=$4 AWS_SECRET_ACCESS_KEY=$5 AWS_DEFAULT_REGION=$3 AWS_REGION=$3
  export AWS_ENDPOINT_URL_S3=$2 DAGSTER_S3_ENDPOINT_URL=$2 DAGSTER_S3_REGION=$3
  export DAGSTER_S3_BUCKET=$6
  export AWS_REQUEST_CHECKSUM_CALCULATION=when_required
  export AWS_RESPONSE_CHECKSUM_VALIDATION=when_required
  # What `datalake` reads beside them.
  export DATALAKE_ENDPOINT=$2 DATALAKE_REGION=$3 DATALAKE_BUCKET=$6
  if [ -n "${7:-}" ]; then export AWS_CA_BUNDLE=$7 SSL_CERT_FILE=$7; fi
}

forget_store() {
  local name
  for name in $(compgen -e | grep -E '^(AWS_|DAGSTER_|DATALAKE_)') SSL_CERT_FILE; do
    unset "$name"
  done
  # No settings of the operator, and no look for a cloud's metadata service.
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
  export AWS_EC2_METADATA_DISABLED=true DAGSTER_DISABLE_TELEMETRY=yes
  store=''
}

make_bucket() {
  "$python/python" -c '
import boto3, os
boto3.client("s3").create_bucket(Bucket=os.environ["DAGSTER_S3_BUCKET"])'
}
# A new bucket comes and goes at first: it has to be there five times in a row.
bucket_stays() {
  "$python/python" -c '
import boto3, os
for _ in range(5):
    boto3.client("s3").list_objects_v2(Bucket=os.environ["DAGSTER_S3_BUCKET"])'
}

# start_sandbox BUCKET [FLAG...]: the built-in service in $work/sandbox, with that bucket
start_sandbox() {
  local bucket=$1 port
  shift
  forget_store
  port=$(free_port)
  # What an earlier one has printed is no sign of this one.
  rm -f "$work/sandbox.exports"
  background "$work/sandbox.exports" "$program" --sandbox="$work/sandbox" sandbox \
    --port "$port" "$@"
  wait_for 60 grep -q '^serving' "$work/sandbox.exports" || return 1
  # shellcheck disable=SC1091
  . <(grep '^export ' "$work/sandbox.exports")
  use_store sandbox "$AWS_ENDPOINT_URL_S3" "$AWS_DEFAULT_REGION" "$AWS_ACCESS_KEY_ID" \
    "$AWS_SECRET_ACCESS_KEY" "$bucket" "${AWS_CA_BUNDLE:-}"
  wait_for 30 make_bucket && wait_for 60 bucket_stays
}

install_ceph() {
  local missing=() package
  for package in ceph-mon ceph-osd radosgw ceph-common openssl; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || return 1
  say "installing ${missing[*]}"
  apt-get update -qq > "$cache/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      "${missing[@]}" >> "$cache/apt.log" 2>&1
}

# start_ceph BUCKET: Ceph's gateway, as the distribution has it (16 on Debian 12), over https
start_ceph() {
  local bucket=$1 port gateway=$work/ceph certificate=$work/ceph/certificate.pem
  forget_store
  port=$(free_port)
  mkdir -p "$gateway"
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 \
    -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:false \
    -keyout "$gateway/key" -out "$gateway/ca.pem" > "$work/openssl.log" 2>&1 || return 1
  cat "$gateway/ca.pem" "$gateway/key" > "$certificate"
  ACCESS=CEPHTEST000000000001 SECRET=cephTestCephTestCephTestCephTestCeph0001 \
    OTHER_ACCESS=CEPHTEST000000000002 OTHER_SECRET=cephTestCephTestCephTestCephTestCeph0002 \
    CERTIFICATE=$certificate "$here/../ceph/start.sh" "$gateway" "$port" > "$work/ceph.log" 2>&1 ||
    return 1
  use_store "Ceph $(cat "$gateway/version")" "https://127.0.0.1:$port" default \
    CEPHTEST000000000001 cephTestCephTestCephTestCephTestCeph0001 "$bucket" "$gateway/ca.pem"
  wait_for 30 make_bucket && wait_for 60 bucket_stays
}

# The stores come and go one at a time: what runs for one is ended with it.
stop_store() {
  local pid
  stop_processes
  if [ -f "$work/ceph/pids" ]; then
    while read -r pid; do end "$pid"; done < "$work/ceph/pids"
    rm -rf "$work/ceph"
  fi
  rm -rf "$work/sandbox"
  forget_store
}

# on_each_store PREFIX COMMAND...: with an empty bucket of that name on each store
on_each_store() {
  local bucket=$1 start
  shift
  for start in ${STORES:-sandbox ceph}; do
    start=start_$start
    if [ "$start" = start_ceph ] && ! install_ceph; then
      skip "$start: Ceph cannot be installed here"
      continue
    fi
    if "$start" "$bucket"; then
      label=$store
      "$@"
    else
      fail "$start: it does not start"
      tail -3 "$work"/{ceph.log,sandbox.exports} 2> /dev/null | sed 's/^/      | /'
    fi
    label=dagster
    stop_store
  done
}
