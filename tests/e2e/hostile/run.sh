#!/bin/bash
# As root on a host whose service user is hostile: links, pipes, devices, hard links, files with
# holes, folders for files, and exchanges while a command runs, each with each command. Nothing
# outside of his home may be read, written or deleted; no command may hang, grow or die of it.
#   usage: run.sh       in the workspace root
#   ARRANGEMENTS=GLOB and COMMANDS=GLOB run some, LIMIT=SECONDS ends what hangs sooner (30)
#   PROGRAM=FILE is tried instead of a debug build
# Needs root, apt and a network once. Everything happens in a folder of its own and on loopback.
# Each arrangement prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/hostile
# shellcheck source=../count.sh
. "$here/../count.sh"

driver=''
stop() {
  if [ -n "$driver" ]; then
    # Its workers and what they have started are in a session of its own.
    kill -- "-$driver" 2> /dev/null
    wait "$driver" 2> /dev/null
  fi
  [ -n "$work" ] || return 0
  umount -l "$work" 2> /dev/null
  rm -rf "$work"
  work=''
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install_packages() {
  local missing=() package
  for package in python3 zstd; do
    # Python may have come another way.
    case $package in python3) command -v python3 > /dev/null && continue ;; esac
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq > "$cache/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      "${missing[@]}" >> "$cache/apt.log" 2>&1
}

mkdir -p "$cache"
label=hostile
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-hostile.XXXXXX")
# In memory, where that is allowed: thousands of runs flush what they write.
mount -t tmpfs -o size=3g,mode=711 hostile "$work" 2> /dev/null || say "$work is on a disk"
# The service user has to reach his home.
chmod 711 "$work"
if [ "$(id -u)" != 0 ]; then
  fail 'needs root'
elif ! install_packages; then
  fail "what the lane needs cannot be installed: see $cache"
elif [ -z "${PROGRAM:-}" ] && ! cargo build --quiet --locked --package datalake-cli; then
  fail 'the program does not build'
else
  setsid python3 -B "$here/hostile.py" "${PROGRAM:-$target/debug/datalake}" "$work" < /dev/null &
  driver=$!
  wait "$driver"
  ended=$?
  driver=''
  # It has printed the last line.
  exit "$ended"
fi
counted
