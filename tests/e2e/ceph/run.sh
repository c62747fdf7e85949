#!/bin/bash
# The S3 port and the command line against Ceph's own gateway, the software behind Hetzner's
# Object Storage, in three versions.
#   usage: run.sh [16] [18] [20]       in the workspace root; all without an argument
# Needs root, apt and a network once; programs and the Python environment stay in target/e2e.
# Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-target}
cache=$(realpath -m "$target/e2e")
# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=transfers.sh
. "$here/transfers.sh"

export ACCESS=CEPHTEST000000000001 SECRET=cephTestCephTestCephTestCephTestCeph0001
export OTHER_ACCESS=CEPHTEST000000000002 OTHER_SECRET=cephTestCephTestCephTestCephTestCeph0002
# The operator's own keys and settings have no business here; loopback needs no proxy.
for name in $(compgen -e | grep -E '^(AWS_|DATALAKE_)'); do unset "$name"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1

stop() {
  local pid
  [ -n "$work" ] || return 0
  if [ -f "$work/gateway/pids" ]; then
    while read -r pid; do kill "$pid" 2> /dev/null; done < "$work/gateway/pids"
    for _ in $(seq 50); do
      running=0
      while read -r pid; do kill -0 "$pid" 2> /dev/null && running=1; done < "$work/gateway/pids"
      [ "$running" = 1 ] || break
      sleep 0.2
    done
    while read -r pid; do kill -KILL "$pid" 2> /dev/null; done < "$work/gateway/pids"
  fi
  rm -rf "$work"
  work=''
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install_packages() {
  local missing=() package
  for package in ceph-mon ceph-osd radosgw ceph-common curl faketime mmdebstrap python3-venv; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq > "$cache/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      "${missing[@]}" >> "$cache/apt.log" 2>&1
}

prepare_python() {
  [ -x "$cache/boto3/bin/python" ] && "$cache/boto3/bin/python" -c 'import boto3' 2> /dev/null &&
    return 0
  say "making a Python environment with boto3"
  python3 -m venv "$cache/boto3" && "$cache/boto3/bin/pip" install --quiet 'boto3==1.*'
}

# as ACCESS SECRET COMMAND...: with the address of the gateway and these keys
as() {
  local access=$1 secret=$2
  shift 2
  env DATALAKE_ENDPOINT="$address" DATALAKE_REGION=default \
    DATALAKE_BUCKET="$bucket" AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" "$@"
}

the_port_conforms() {
  local suite=$target/debug/examples/conformance
  bucket=conformance
  check "the conformance suite" 0 conforms -- as "$ACCESS" "$SECRET" "$suite"
  check "a wrong secret" 1 WrongSecret -- as "$ACCESS" "$OTHER_SECRET" "$suite"
  check "an unknown key" 1 UnknownAccessKey -- as NOBODY "$SECRET" "$suite"
  check "a clock 20 minutes ahead" 1 ClockSkew -- as "$ACCESS" "$SECRET" faketime -f +20m "$suite"
  check "a clock 20 minutes behind" 1 ClockSkew -- as "$ACCESS" "$SECRET" faketime -f -20m "$suite"
  check "a bucket of someone else" 1 "access is denied" -- \
    as "$OTHER_ACCESS" "$OTHER_SECRET" "$suite"
}

make_host() { # ROOT: a pretend Dagster host
  local quadlets=$1/var/lib/dagster/.config/containers/systemd
  mkdir -p "$quadlets" "$1/etc"
  cp -r "$here/../../fixtures/quadlets/base/." "$quadlets"
  echo 'dagster-user:x:1001:1001::/var/lib/dagster:/usr/sbin/nologin' > "$1/etc/passwd"
  chown -R 1001:1001 "$1/var/lib/dagster"
}

listing() { # ROOT: names, kinds, modes, owners and contents of everything below it
  (cd "$1" && find . -printf '%p %y %m %U:%G\n' | LC_ALL=C sort &&
    find . -type f -exec sha256sum {} + | LC_ALL=C sort)
}

has_command_line() {
  local step
  program=$target/debug/datalake
  "$program" provision --help 2> /dev/null | grep -q -- --dry-run && return 0
  for step in 'a new bucket' 'an older bucket' 'a taken name' 'buckets and objects'; do
    skip "$step: the command line has no \`provision\` yet"
  done
  return 1
}

# cli ARGUMENT...: on the pretend host `root`, for the bucket `bucket`
cli() {
  as "$ACCESS" "$SECRET" env HOME="$work/home" "$program" --root "$root" \
    --state "$root.state" --unit dagster-webserver --unit dagster-daemon "$@"
}
boto3() { "$cache/boto3/bin/python" "$here/read.py" "$1" "$bucket" "$env_file"; }

a_new_bucket_is_set_up() {
  root=$work/host bucket=dagster-assets env_file=$work/s3.env
  make_host "$root"
  listing "$root" > "$work/before"
  check "status before anything is done" 3 -- cli status
  check "a plan that changes nothing" 3 -- cli provision --dry-run
  check "the host is untouched by a plan" 0 -- diff "$work/before" <(listing "$root")
  check "provision" 0 -- cli provision --yes
  check "status in step" 0 -- cli status
  check "a second provision has nothing to do" 0 -- cli provision --yes
  cp "$root/var/lib/dagster/.config/datalake/s3.env" "$env_file"
  check "boto3 reads what was written" 0 -- boto3 provisioned
  check "boto3 switches versioning off" 0 -- boto3 suspend
  check "status sees the drift" 3 -- cli status
  check "provision repairs it" 0 -- cli provision --yes
  check "rollback of the repair" 0 -- cli rollback --yes
  check "rollback of the first run" 0 -- cli rollback --yes
  check "the host is as before" 0 -- diff "$work/before" <(listing "$root")
  check "boto3 finds bucket and data still there" 0 -- boto3 rolled-back
}

an_older_bucket_keeps_its_rules() {
  root=$work/older-host bucket=older-bucket env_file=$work/s3.env
  make_host "$root"
  check "boto3 makes a bucket with a rule of its own" 0 -- boto3 make
  check "provision of an older bucket" 0 -- cli provision --yes
  check "status of an older bucket" 0 -- cli status
  check "boto3 finds all rules" 0 -- boto3 both
  check "rollback of an older bucket" 0 -- cli rollback --yes
  check "boto3 finds the one rule as before" 0 -- boto3 as-made
}

a_taken_name_is_told() {
  root=$work/other-host bucket=dagster-assets
  make_host "$root"
  listing "$root" > "$work/other-before"
  check "a taken bucket name" 77 "taken by someone else" -- \
    as "$OTHER_ACCESS" "$OTHER_SECRET" env HOME="$work/home" "$program" --root "$root" \
    --state "$root.state" --unit dagster-webserver provision --yes
  check "a taken name changes nothing" 0 -- diff "$work/other-before" <(listing "$root")
}

# at EXIT [WORDS] -- ARGUMENTS...: the command line on the bucket `bucket`
at() {
  local expected=$1 words=()
  shift
  if [ "$1" != -- ]; then words=("$1"); shift; fi
  shift
  check "datalake $*" "$expected" "${words[@]}" -- cli "$@"
}
objects() { "$cache/boto3/bin/python" "$here/objects.py" "$1" "$bucket" "$env_file" "${@:2}"; }
# The gateway's own sums, which include the parts of unfinished uploads, against those of `du`.
sums_agree() {
  "$work/gateway/admin" bucket stats --bucket="$bucket" > "$work/stats.json" &&
    cli du --json > "$work/du.json" &&
    objects compare "$work/stats.json" "$work/du.json"
}

# What `cost report` tells of the bucket against the same sums: bytes, objects, versions, uploads.
report_agrees() {
  "$work/gateway/admin" bucket stats --bucket="$bucket" > "$work/stats.json" &&
    cli cost report --json > "$work/report.json" &&
    objects report "$work/stats.json" "$work/report.json"
}

buckets_and_objects() {
  root=$work/host bucket=lane-bucket env_file=$work/s3.env
  at 0 Created -- bucket create
  at 0 "there already" -- bucket create
  at 0 lane-bucket -- bucket list
  check "boto3 fills a bucket without versions" 0 -- objects plain
  check "du is what the gateway says of it" 0 -- sums_agree
  check "cost report is what the gateway says of it" 0 -- report_agrees
  at 0 changed -- bucket versioning enable
  check "boto3 fills it with versions, markers and an upload" 0 -- objects versions
  check "du is what the gateway says of all that" 0 -- sums_agree
  check "cost report is what the gateway says of all that" 0 -- report_agrees
  at 0 "versioning  on" -- bucket show
  at 0 plain/ -- ls
  at 0 'esc\u{1b}[31m' -- ls -r
  at 0 deleted -- ls --versions
  at 0 plain/05 -- ls "plain/0[5-7]"
  at 66 -- ls nothing/
  at 0 unfinished -- du --depth 2
  at 0 plain/ -- tree --depth 1
  at 0 twice -- tree
  at 0 "metadata from" -- stat twice
  at 66 -- stat nothing
  at 0 second -- cat twice
  at 0 eco -- cat --range 1-3 twice
  check "boto3 finds each odd key by what ls says" 0 -- odd_keys_agree
  check "a signed address is read without a key" 0 second -- signed get twice
  check "a signed address is stored without a key" 0 -- signed put signed
  at 0 "stored by address" -- cat signed
  at 0 "+ datalake-expire-tmp/" -- bucket lifecycle set --expire tmp/:7d --expired-markers
  at 0 "+ datalake-old-versions" -- bucket lifecycle set
  at 0 "Nothing to change" -- bucket lifecycle set
  at 0 datalake-delete-markers -- bucket lifecycle show
  check "boto3 finds the four rules" 0 -- objects rules
  at 0 -- bucket lifecycle remove datalake-expire-tmp/
  at 0 "- datalake-old-versions" -- bucket lifecycle remove --all
  at 0 "no lifecycle rules" -- bucket lifecycle show
  echo 'CORSRules: [{ AllowedOrigins: ["*"], AllowedMethods: [GET] }]' > "$work/cors.yaml"
  at 0 "GET from *" -- bucket cors set "$work/cors.yaml"
  at 0 "GET from *" -- bucket cors show
  at 0 "no CORS rules" -- bucket cors remove
  at 0 "1 unfinished upload" -- bucket uploads list
  at 0 "Aborted 0" -- bucket uploads abort --older-than 1d --yes
  at 0 "Aborted 1 upload" -- bucket uploads abort --yes
  at 3 -- rm -r plain/ --dry-run
  at 0 "Removed 1 object" -- rm --yes twice
  at 0 "Removed" -- rm --yes --versions twice
  at 0 "Removed 30 objects" -- rm --yes -r plain/
  check "du is what the gateway says after that" 0 -- sums_agree
  check "cost report is what the gateway says after that" 0 -- report_agrees
  at 4 "is not empty" -- bucket delete --confirm lane-bucket
  at 2 -- bucket delete --empty
  at 0 Deleted -- bucket delete --empty --confirm lane-bucket
  at 66 -- bucket show
  bucket=lane-locked
  at 0 -- bucket create --lock
  at 0 "there already" -- bucket create --lock
  at 0 "locked for 1 days" -- bucket lock set --mode governance --days 1
  at 0 offered -- bucket lock set --off
  at 0 "new versions are not locked" -- bucket lock show
  at 0 -- bucket delete --confirm lane-locked
}
odd_keys_agree() { cli ls -r -0 > "$work/keys" && objects keys "$work/keys"; }
signed() { # get|put KEY
  local url
  url=$(cli presign "$1" "$2" 2> /dev/null) || return 1
  if [ "$1" = get ]; then curl --silent --fail "$url"; else
    # Ceph 20 refuses a header that the signature leaves out, such as a Content-Type.
    curl --silent --fail --header Content-Type: --request PUT --data-binary 'stored by address' "$url"
  fi
}

# 1,000 keys written over and deleted at random times: `restore --at` gives what was there, and is undone
# exactly, also after kills.
keys_are_restored() {
  root=$work/host bucket=lane-restored env_file=$work/s3.env
  at 0 Created -- bucket create
  at 0 changed -- bucket versioning enable
  check "1,000 keys at 20 times, and 10 kills" 0 "10 kills" -- restored 1000 20 10
}
restored() {
  as "$ACCESS" "$SECRET" env HOME="$work/home" RESTORE_RECORDS="$root.state/restores" \
    "$cache/boto3/bin/python" "$here/restored.py" "$bucket" "$env_file" "$@" -- \
    "$program" --root "$root" --state "$root.state"
}

run_version() { # NUMBER
  local chroot='' suite=''
  label="Ceph $1"
  case $1 in
    16) port=7480 ;;
    18) port=7580 suite=trixie ;;
    20) port=7680 suite=sid ;;
    *) fail "no recipe for this version"; return ;;
  esac
  if [ -n "$suite" ]; then
    chroot=$cache/ceph/$suite
    say "making a folder with Ceph $1, unless it is there"
    if ! "$here/chroot.sh" "$chroot" "$suite" > "$cache/chroot.log" 2>&1; then
      skip "no folder with this version: $(tail -1 "$cache/chroot.log")"
      return
    fi
  fi
  address=http://127.0.0.1:$port
  work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-ceph.XXXXXX")
  say "starting the gateway"
  if ! CHROOT=$chroot "$here/start.sh" "$work/gateway" "$port" > "$work/start.log" 2>&1; then
    fail "the gateway does not start: $(tail -1 "$work/start.log")"
    stop
    return
  fi
  label="Ceph $(cat "$work/gateway/version")"
  the_port_conforms
  if has_command_line; then
    a_new_bucket_is_set_up
    an_older_bucket_keeps_its_rules
    a_taken_name_is_told
    buckets_and_objects
    keys_are_restored
    a_killed_upload_goes_on
    the_rate_is_kept
    lifecycle_is_carried_out
    a_lock_is_enforced
    the_tests_of_the_program_pass
  fi
  stop
}

mkdir -p "$cache"
if [ "$(id -u)" != 0 ]; then
  label=ceph
  skip 'the whole lane: it needs root for apt-get and chroot'
elif ! install_packages || ! prepare_python; then
  label=ceph
  fail 'what the lane needs cannot be installed'
elif ! cargo build --quiet --package datalake-s3 --example conformance ||
  ! cargo build --quiet --package datalake-cli || ! tests=$(tests_of_the_program); then
  label=ceph
  fail 'the programs do not build'
else
  [ $# -gt 0 ] || set -- 16 18 20
  for version in "$@"; do run_version "$version"; done
fi
counted
