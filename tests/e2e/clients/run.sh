#!/bin/bash
# Foreign S3 clients against `datalake sandbox`: boto3, rclone and the AWS CLI; and `datalake` against
# foreign services: moto and `rclone serve s3`.
#   usage: run.sh       in the workspace root
# Needs a network once; the clients stay in target/e2e/clients. Each check prints a line; the last
# line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/clients program=$target/debug/datalake
bin=$cache/python/bin
work='' label='' service=''

say() { echo "$@" >&2; }
ok() { echo "ok $label: $1"; }
fail() { echo "FAIL $label: $1: $2"; }
skip() { echo "skip $label: $1: $2"; }

# check NAME EXIT COMMAND...: the exit code; what the command printed stays in $work/out
check() {
  local name=$1 expected=$2 code
  shift 2
  "$@" > "$work/out" 2>&1 < /dev/null
  code=$?
  if [ "$code" -eq "$expected" ]; then
    ok "$name"
  else
    fail "$name" "exit $code, not $expected: $(tail -3 "$work/out" | tr '\n' ' ')"
  fi
}

# prints NAME EXPECTED COMMAND...: all that the command prints to standard output
prints() {
  local name=$1 expected=$2 found
  shift 2
  found=$("$@" 2> "$work/err" < /dev/null)
  if [ "$found" = "$expected" ]; then
    ok "$name"
  else
    fail "$name" "${found@Q}, not ${expected@Q}; $(tail -1 "$work/err")"
  fi
}

stop_service() {
  [ -n "$service" ] || return 0
  kill -TERM "$service" 2> /dev/null
  wait "$service"
  local code=$?
  service=''
  return "$code"
}
clean() {
  stop_service
  [ -z "$work" ] || rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

install_clients() {
  cmp -s "$here/requirements.txt" "$cache/requirements.txt" && return 0
  say "installing the clients"
  python3 -m venv --clear "$cache/python" &&
    "$bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" >&2 &&
    cp "$here/requirements.txt" "$cache/requirements.txt"
}

# serve DIR [FLAG...]: the service of the sandbox in DIR, and the variables that it prints
serve() {
  local dir=$1 name
  shift
  for name in $(compgen -e | grep -E '^AWS_|^RCLONE_|^DATALAKE_'); do unset "$name"; done
  # No settings of the operator, and no look for a cloud's metadata service.
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
  export AWS_EC2_METADATA_DISABLED=true RCLONE_CONFIG=$work/rclone.conf
  : > "$RCLONE_CONFIG"
  "$program" --sandbox="$dir" sandbox "$@" > "$work/exports" 2> "$work/talk" &
  service=$!
  for _ in $(seq 300); do
    grep -q serving "$work/talk" && break
    kill -0 "$service" 2> /dev/null || break
    sleep 0.1
  done
  if ! grep -q serving "$work/talk"; then
    fail "the service starts" "$(tail -1 "$work/talk")"
    stop_service
    return 1
  fi
  ok "the service starts"
  # shellcheck disable=SC1091
  . "$work/exports"
}

# stays COMMAND...: until it succeeds three times in a row; a new bucket comes and goes at first
stays() {
  local row=0
  for _ in $(seq 100); do
    if "$@"; then row=$((row + 1)); else row=0; fi
    [ "$row" -lt 3 ] || return 0
  done
  return 1
}

# with_boto3 PROGRAM [VARIABLE=VALUE...]: it prints its own lines
with_boto3() {
  local program=$1
  shift
  env "$@" WORK="$work" "$bin/python" -B "$here/$program" "$label"
  case $? in
    0 | 1) ;;
    *) fail "$program" "it ended early" ;;
  esac
}

rclone_files() { "$bin/rclone" lsf -R --files-only "$1" | LC_ALL=C sort; }

with_rclone() {
  local tree=$work/tree/$label remote=sim:rclone-bucket
  if [ ! -x "$bin/rclone" ]; then
    skip rclone "no binary for this machine"
    return
  fi
  export RCLONE_CONFIG_SIM_TYPE=s3 RCLONE_CONFIG_SIM_PROVIDER=Hetzner
  export RCLONE_CONFIG_SIM_ENV_AUTH=true RCLONE_CONFIG_SIM_REGION=$AWS_DEFAULT_REGION
  export RCLONE_CONFIG_SIM_ENDPOINT=$AWS_ENDPOINT_URL_S3 RCLONE_CA_CERT=${AWS_CA_BUNDLE:-}
  [ -n "$RCLONE_CA_CERT" ] || unset RCLONE_CA_CERT
  mkdir -p "$tree/up/a b/ä"
  echo one > "$tree/up/one"
  echo two > "$tree/up/a b/two+%20"
  head -c 12582912 /dev/urandom > "$tree/up/a b/ä/big"
  check "rclone mkdir" 0 "$bin/rclone" mkdir "$remote"
  check "the bucket stays" 0 stays "$bin/rclone" lsf "$remote"
  check "rclone copy up" 0 "$bin/rclone" copy "$tree/up" "$remote/t" \
    --s3-upload-cutoff 5Mi --s3-chunk-size 5Mi
  check "rclone check" 0 "$bin/rclone" check "$tree/up" "$remote/t"
  prints "rclone lsf" $'a b/two+%20\na b/ä/big\none' \
    rclone_files "$remote/t"
  check "rclone copy down" 0 "$bin/rclone" copy "$remote/t" "$tree/down"
  check "rclone brought the same tree" 0 diff -r "$tree/up" "$tree/down"
  check "rclone deletefile" 0 "$bin/rclone" deletefile "$remote/t/one"
  check "rclone check finds the difference" 1 "$bin/rclone" check "$tree/up" "$remote/t"
}

aws() { "$bin/python" -B "$bin/aws" --output text "$@"; }
aws_names() { aws s3 ls "$1" | awk '{print $NF}'; }

with_aws_cli() {
  local tree=$work/sync/$label bucket=s3://aws-bucket
  mkdir -p "$tree/up/deep"
  echo one > "$tree/up/one"
  head -c 12582912 /dev/urandom > "$tree/up/deep/big file"
  check "aws s3 mb" 0 aws s3 mb "$bucket"
  check "the bucket stays" 0 stays aws s3 ls "$bucket"
  check "aws s3 cp up" 0 aws s3 cp "$tree/up/one" "$bucket/copied"
  prints "aws s3 cp down" one aws s3 cp "$bucket/copied" -
  check "aws s3 sync up" 0 aws s3 sync "$tree/up" "$bucket/t"
  prints "aws s3 sync again has nothing to do" "" aws s3 sync "$tree/up" "$bucket/t"
  prints "aws s3 ls" $'deep/\none' aws_names "$bucket/t/"
  check "aws s3 sync down" 0 aws s3 sync "$bucket/t" "$tree/down"
  check "aws brought the same tree" 0 diff -r "$tree/up" "$tree/down"
  check "aws s3 rm" 0 aws s3 rm --recursive "$bucket"
  prints "aws s3 ls of nothing" "" aws s3 ls --recursive "$bucket"
  check "aws s3 rb" 0 aws s3 rb "$bucket"
}

over_http() {
  label=http
  serve "$work/http" || return
  with_boto3 check_boto3.py
  with_rclone
  with_aws_cli
  check "the service ends on SIGTERM" 0 stop_service
}

# The command line works on the service that runs; boto3 knows the env file and nothing else.
provisioned() {
  label=provisioned
  local cli=("$program" "--sandbox=$work/lake") file
  file=$work/lake/host/var/lib/dagster/.config/datalake/s3.env
  serve "$work/lake" || return
  check "status before" 3 "${cli[@]}" status
  check "provision" 0 "${cli[@]}" provision --yes
  check "status" 0 "${cli[@]}" status
  if [ -f "$file" ]; then
    cp "$file" "$work/s3.env"
    mapfile -t variables < <(grep -v -e '^#' -e '^$' "$file")
    with_boto3 check_env_file.py -i NO_PROXY=127.0.0.1 AWS_EC2_METADATA_DISABLED=true \
      AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null "${variables[@]}"
  else
    fail "the env file" "it does not exist"
  fi
  check "rollback" 0 "${cli[@]}" rollback --yes
  check "status after" 3 "${cli[@]}" status
  check "the env file is gone" 1 test -e "$file"
  check "the service ends on SIGTERM" 0 stop_service
}

# Clients send trailing checksums over TLS alone, and the gateway refuses them: the lines of the
# env file cure that.
over_tls() {
  label=tls
  serve "$work/tls" --tls || return
  # As a client comes from its maker.
  unset AWS_REQUEST_CHECKSUM_CALCULATION AWS_RESPONSE_CHECKSUM_VALIDATION
  head -c 1024 /dev/urandom > "$work/small"
  check "aws s3 mb" 0 aws s3 mb s3://aws-defaults
  check "the bucket stays" 0 stays aws s3 ls s3://aws-defaults
  check "aws s3 cp fails with default checksums" 1 aws s3 cp "$work/small" s3://aws-defaults/
  while read -r line; do export "${line?}"; done < <(grep _CHECKSUM_ "$work/s3.env")
  check "aws s3 cp succeeds with the env file's" 0 aws s3 cp "$work/small" s3://aws-defaults/
  check "aws s3 rb" 0 aws s3 rb --force s3://aws-defaults
  with_boto3 check_boto3.py
  with_rclone
  with_aws_cli
  check "the service ends on SIGTERM" 0 stop_service
}

# on_service NAME ENDPOINT: all that moves files, on a service that is not Ceph's
on_service() {
  local dir=$work/$1 lake=("$program" --state "$work/$1/state")
  label=$1
  mkdir -p "$dir/up/d"
  for number in 1 2 3; do echo "$number" > "$dir/up/f$number"; done
  head -c 20000000 /dev/urandom > "$dir/up/d/big"
  printf 'region: us-east-1\nendpoint: %s\nbucket: lake\n' "$2" > "$dir/datalake.yaml"
  cd "$dir" || return
  check "bucket create" 0 "${lake[@]}" bucket create lake
  check "bucket show" 0 "${lake[@]}" bucket show lake
  check "sync up" 0 "${lake[@]}" sync up s3://lake/t/
  check "sync again" 0 "${lake[@]}" sync up s3://lake/t/
  cp "$work/out" "$dir/again"
  check "nothing was left to move" 0 grep -q 'moved 0 files' "$dir/again"
  check "verify" 0 "${lake[@]}" verify up s3://lake/t/
  check "verify --deep" 0 "${lake[@]}" verify --deep up s3://lake/t/
  check "du" 0 "${lake[@]}" du s3://lake/
  check "sync down" 0 "${lake[@]}" sync s3://lake/t/ down
  check "the same tree" 0 diff -r up down
  check "put of 20 MB" 0 "${lake[@]}" put up/d/big s3://lake/k/big
  check "get of 20 MB" 0 "${lake[@]}" get s3://lake/k/big got/
  check "the same bytes" 0 cmp up/d/big got/big
  prints "cat" 1 "${lake[@]}" cat s3://lake/t/f1
  echo two > up/f2
  rm up/f3
  check "sync with --delete" 0 "${lake[@]}" sync --delete --max-delete 5 up s3://lake/t/
  prints "what is left" $'t/d/big\nt/f1\nt/f2' "${lake[@]}" ls -r s3://lake/t/
  check "rm" 0 "${lake[@]}" rm --yes -r s3://lake/k/
  cd "$HOME" || return
}

# serving NAME PORT PROGRAM...: until it answers; what runs is in `service`
serving() {
  local name=$1 port=$2
  shift 2
  "$@" > "$work/$name.log" 2>&1 < /dev/null &
  service=$!
  for _ in $(seq 300); do
    (: < "/dev/tcp/127.0.0.1/$port") 2> /dev/null && return 0
    kill -0 "$service" 2> /dev/null || break
    sleep 0.1
  done
  label=$name fail "the service starts" "$(tail -1 "$work/$name.log")"
  return 1
}

free_port() {
  "$bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

foreign_services() {
  local name port
  for name in $(compgen -e | grep -E '^AWS_|^RCLONE_|^DATALAKE_'); do unset "$name"; done
  export AWS_ACCESS_KEY_ID=ALANEKEY000000000000
  export AWS_SECRET_ACCESS_KEY=laneLaneLaneLaneLaneLaneLaneLaneLane0000
  port=$(free_port)
  if serving moto "$port" "$bin/moto_server" -H 127.0.0.1 -p "$port"; then
    on_service moto "http://127.0.0.1:$port"
    stop_service
  fi
  [ -x "$bin/rclone" ] || { label=rclone-serve skip "rclone serve s3" "no binary for this machine"; return; }
  port=$(free_port)
  mkdir -p "$work/served"
  if serving rclone-serve "$port" "$bin/rclone" serve s3 --addr "127.0.0.1:$port" \
    --auth-key "$AWS_ACCESS_KEY_ID,$AWS_SECRET_ACCESS_KEY" "$work/served"; then
    on_service rclone-serve "http://127.0.0.1:$port"
    stop_service
  fi
}

time_help() {
  local TIMEFORMAT='info datalake --help took %R s (a debug build)'
  "$program" --help > /dev/null
  time "$program" --help > /dev/null
}

main() {
  over_http
  provisioned
  over_tls
  foreign_services
  time_help 2>&1
}

mkdir -p "$cache"
cargo build --quiet --package datalake-cli || exit 1
install_clients || { echo "FAIL the clients cannot be installed"; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-clients.XXXXXX")
mkdir "$work/home"
export HOME=$work/home NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
cd "$HOME" || exit 1
exec 3> >(tee "$work/lines")
lines=$!
main >&3
exec 3>&-
wait "$lines"
failed=$(grep -c '^FAIL ' "$work/lines")
echo "$(grep -c '^ok ' "$work/lines") passed, $failed failed, $(grep -c '^skip ' "$work/lines") skipped"
[ "$failed" -eq 0 ]
