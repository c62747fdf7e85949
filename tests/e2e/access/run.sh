#!/bin/bash
# What policies do on Ceph's own gateway, in three versions, beside what the simulator says: every
# preset, call and prefix, and random policies; roles that the program stores, proves and takes back; and
# the real Dagster under the preset that is made for it.
#   usage: run.sh [16] [18] [20]       in the workspace root; all without an argument
# DOCUMENTS=640 SEED=1000 choose the random policies; 0 leaves out everything that is compared with the
# simulator. Needs root, apt and a network once; programs and the Python environments stay in target/e2e.
# What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-target}
cache=$(realpath -m "$target/e2e")
# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=dagster.sh
. "$here/dagster.sh"

export ACCESS=CEPHTEST000000000001 SECRET=cephTestCephTestCephTestCephTestCeph0001
export OTHER_ACCESS=CEPHTEST000000000002 OTHER_SECRET=cephTestCephTestCephTestCephTestCeph0002
for name in $(compgen -e | grep -E '^(AWS_|DATALAKE_)'); do unset "$name"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
simulator=$target/debug/examples/access_lane
program=$(realpath -m "$target/debug/datalake")

stop() {
  [ -n "$work" ] || return 0
  if [ -f "$work/gateway/pids" ]; then
    xargs -r kill < "$work/gateway/pids" 2> /dev/null
    for _ in $(seq 50); do
      xargs -r -n 1 kill -0 < "$work/gateway/pids" 2> /dev/null || break
      sleep 0.2
    done
    xargs -r kill -KILL < "$work/gateway/pids" 2> /dev/null
  fi
  rm -rf "$work"
  work=''
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install_packages() {
  local missing=() package
  for package in ceph-mon ceph-osd radosgw ceph-common mmdebstrap python3-venv; do
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

# agrees WHAT VERSION [SEED COUNT]: no cell differs; the last line of the measurement is shown
agrees() {
  local text=$1 what=$2
  shift 2
  check "$text" 0 "0 differ" -- env ADDRESS="$address" "$cache/boto3/bin/python" \
    "$here/measure.py" "$what" "$simulator" "$@"
  info "$(tail -1 "$work/out")"
}

roles() { "$cache/boto3/bin/python" "$here/roles.py" "$@"; }
access() { (cd "$work/roles" && "$program" --state "$work/state" --bucket "$bucket" access "$@"); }

# at EXIT WORDS ACCESS-COMMAND...
at() {
  local expected=$1 words=$2
  shift 2
  check "access $*" "$expected" "$words" -- access "$@"
}

# seen TEXT WORDS COMMAND...: the words in what roles.py prints
seen() {
  local text=$1 words=$2
  shift 2
  check "$text" 0 "$words" -- roles "$@"
}

write_key() { # NAME KEY
  (umask 077 && printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=secret-%s\n' "$2" "$2" > "$work/roles/$1")
}

# Roles of keys of both projects, from the spec to the way back.
try_roles() { # NUMBER
  export ADDRESS=$address
  bucket=lane-roles-$1
  mkdir -p "$work/roles"
  write_key own.env AKA11110000000000000
  write_key modal.env AKA22220000000000000
  write_key guard.env AKB11110000000000000
  cat > "$work/roles/datalake.yaml" <<SPEC
endpoint: $address
region: default
credentials: { file: own.env }
access:
  modal: { project: p2222, key: AKA22220000000000000, as: modal-worker }
  guard: { project: p1111, key: AKB11110000000000000, read: [raw], list: [raw] }
SPEC
  roles make "$bucket" > "$work/out" 2>&1 || { fail "no bucket: $(tail -1 "$work/out")"; return; }
  seen "the public object is public" open open "$bucket"
  at 0 "proved     guard" apply --yes --key-file modal.env --key-file guard.env
  at 0 "Nothing to do" apply --yes
  at 0 "proved     modal" prove --key-file modal.env --key-file guard.env
  seen "no ACL opens an object any more" closed open "$bucket"
  seen "an object that is stored for everybody is not open" closed public "$bucket"
  check "the foreign key stores an asset" 0 -- roles keep "$bucket"
  check "the bucket's own key reads it" 0 "made elsewhere" -- sh -c \
    "cd '$work/roles' && '$program' --bucket $bucket cat s3://$bucket/assets/foreign"
  check "rollback" 0 -- sh -c \
    "cd '$work/roles' && '$program' --state '$work/state' --bucket $bucket rollback --yes"
  seen "the policy is gone again" none policy "$bucket"
  seen "and ACLs count again" open open "$bucket"
  # As somebody would do it by hand.
  access plan --json > "$work/plan.json" 2> /dev/null
  check "the document is stored without the header" 0 -- roles bare "$bucket" "$work/plan.json"
  if [ "$1" = 20 ]; then
    at 4 "GetBucketPolicy: allowed, and should be refused" prove --key-file guard.env --key-file modal.env
  else
    at 0 "proved     guard" prove --key-file guard.env --key-file modal.env
  fi
  at 0 "proved     guard" apply --again --yes --key-file guard.env --key-file modal.env
  check "the foreign key stores another asset" 0 -- roles keep "$bucket"
  at 3 "1 object of other projects" adopt --dry-run
  at 0 "1 adopted, 0 left" reset --yes
  check "the bucket's own key reads it without the policy" 0 "made elsewhere" -- sh -c \
    "cd '$work/roles' && '$program' --bucket $bucket cat s3://$bucket/assets/foreign"
  seen "nothing is left of the policy" none policy "$bucket"
  roles clear "$bucket" > "$work/out" 2>&1 || fail "the bucket stays: $(tail -1 "$work/out")"
}

run_version() { # NUMBER
  local chroot='' suite=''
  label="Ceph $1"
  case $1 in
    16) port=7880 ;;
    18) port=7980 suite=trixie ;;
    20) port=8080 suite=sid ;;
    *) fail "no recipe for this version"; return ;;
  esac
  if [ -n "$suite" ]; then
    chroot=$cache/ceph/$suite
    say "making a folder with Ceph $1, unless it is there"
    if ! "$here/../ceph/chroot.sh" "$chroot" "$suite" > "$cache/chroot.log" 2>&1; then
      skip "no folder with this version: $(tail -1 "$cache/chroot.log")"
      return
    fi
  fi
  address=http://127.0.0.1:$port
  work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-access.XXXXXX")
  say "starting the gateway"
  if ! CHROOT=$chroot "$here/../ceph/start.sh" "$work/gateway" "$port" > "$work/start.log" 2>&1 ||
    ! "$here/users.sh" "$work/gateway/admin" >> "$work/start.log" 2>&1; then
    fail "the gateway does not start: $(tail -1 "$work/start.log")"
    stop
    return
  fi
  label="Ceph $(cat "$work/gateway/version")"
  try_roles "$1"
  try_dagster "$1"
  if [ "${DOCUMENTS:-640}" != 0 ]; then
    agrees "each preset, call and prefix is as simulated" presets "$1"
    agrees "random policies are as simulated" random "$1" "${SEED:-1000}" "${DOCUMENTS:-640}"
  fi
  stop
}

mkdir -p "$cache"
if [ "$(id -u)" != 0 ]; then
  label=access
  skip 'the whole lane: it needs root for apt-get and chroot'
elif ! install_packages || ! prepare_python || ! prepare_dagster; then
  label=access
  fail 'what the lane needs cannot be installed'
elif ! cargo build --quiet --package datalake-core --example access_lane ||
  ! cargo build --quiet --package datalake-cli; then
  label=access
  fail 'the simulator or the program does not build'
else
  [ $# -gt 0 ] || set -- 16 18 20
  for version in "$@"; do run_version "$version"; done
fi
counted
