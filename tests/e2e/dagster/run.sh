#!/bin/bash
# The command line with the real Dagster: the current dagster, dagster-aws, dagster-webserver and
# boto3 of the package registry, on the sandbox and on Ceph's own gateway over https.
#   usage: run.sh [PART...]      in the workspace root; a part is NAME.sh beside this script;
#   STORES=sandbox or STORES=ceph takes that store alone
# Needs a network once, and root and apt for Ceph; the Python environment stays in
# target/e2e/dagster. Each check prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/dagster program=$target/debug/datalake
python=$cache/python/bin

# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=lane.sh
. "$here/lane.sh"

clean() {
  [ -n "$work" ] || return 0
  stop_store
  rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

# A part NAME.sh has a function part_NAME and whatever that needs.
parts=(project logs checksums migrate switch kinds frames)
[ $# -eq 0 ] || parts=("$@")
mkdir -p "$cache"
cargo build --quiet --package datalake-cli || { echo 'FAIL  the program does not build'; exit 1; }
install_python || { echo 'FAIL  Dagster cannot be installed'; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-dagster.XXXXXX")
mkdir "$work/home"
export HOME=$work/home NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PATH=$python:$PATH
cd "$work" || exit 1
forget_store
info "$(versions)"
for part in "${parts[@]}"; do
  if [ ! -f "$here/$part.sh" ]; then
    skip "$part: there is no such part"
    continue
  fi
  # shellcheck disable=SC1090
  . "$here/$part.sh"
  "part_$part"
done
counted
