#!/bin/bash
# What policies do on Ceph's own gateway, in three versions, beside what the simulator says: every
# preset, call and prefix, and random policies.
#   usage: run.sh [16] [18] [20]       in the workspace root; all without an argument
# DOCUMENTS=640 SEED=1000 choose the random policies. Needs root, apt and a network once; programs and
# the Python environment stay in target/e2e. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-target}
cache=$(realpath -m "$target/e2e")
# shellcheck source=../count.sh
. "$here/../count.sh"

export ACCESS=CEPHTEST000000000001 SECRET=cephTestCephTestCephTestCephTestCeph0001
export OTHER_ACCESS=CEPHTEST000000000002 OTHER_SECRET=cephTestCephTestCephTestCephTestCeph0002
for name in $(compgen -e | grep -E '^(AWS_|DATALAKE_)'); do unset "$name"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
simulator=$target/debug/examples/access_lane

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
  agrees "each preset, call and prefix is as simulated" presets "$1"
  agrees "random policies are as simulated" random "$1" "${SEED:-1000}" "${DOCUMENTS:-640}"
  stop
}

mkdir -p "$cache"
if [ "$(id -u)" != 0 ]; then
  label=access
  skip 'the whole lane: it needs root for apt-get and chroot'
elif ! install_packages || ! prepare_python; then
  label=access
  fail 'what the lane needs cannot be installed'
elif ! cargo build --quiet --package datalake-core --example access_lane; then
  label=access
  fail 'the simulator does not build'
else
  [ $# -gt 0 ] || set -- 16 18 20
  for version in "$@"; do run_version "$version"; done
fi
counted
