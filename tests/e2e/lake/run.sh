#!/bin/bash
# Tables beside pickles: clients of tables, unmodified, with the env file that `provision` has written
# and nothing else, on the sandbox and on Ceph's gateway in three versions, over http and https; and
# writers that append at once, in a bucket for tables and in one with versions.
#   usage: run.sh [sandbox] [16] [18] [20]      in the workspace root; all without an argument
#   PARTS='clients appends moves' are the parts, SEEDS=20 the appends' seeds
# All of it runs in a network namespace with loopback only, where each question for a name is counted.
# Needs root, apt and a network once; programs and the Python environment stay in target/e2e.
# Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/lake program=$target/debug/datalake
python=$cache/python/bin/python
# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=store.sh
. "$here/store.sh"
# shellcheck source=clients.sh
. "$here/clients.sh"
# shellcheck source=appends.sh
. "$here/appends.sh"
# shellcheck source=moves.sh
. "$here/moves.sh"

install_packages() {
  local missing=() package
  for package in ceph-mon ceph-osd radosgw ceph-common curl iproute2 mmdebstrap openssl python3-venv; do
    dpkg-query -W -f='${Status}' "$package" 2> /dev/null | grep -q '^install ok' ||
      missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get update -qq > "$cache/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      "${missing[@]}" >> "$cache/apt.log" 2>&1
}

# The two that do not go with the others' releases: daft 0.7 asks for pyarrow below 26 and works with
# it, dagster-polars 0.27 fails with polars 2.
install_clients() {
  local pip=("$python" -m pip install --quiet --disable-pip-version-check)
  cmp -s "$here/requirements.txt" "$cache/requirements.txt" && return 0
  say 'making a Python environment with the clients'
  python3 -m venv --clear "$cache/python" && rm -rf "$cache/polars-1" &&
    "${pip[@]}" -r "$here/requirements.txt" >&2 && "${pip[@]}" --no-deps 'daft==0.7.26' >&2 &&
    "${pip[@]}" --no-deps --target "$cache/polars-1" 'polars==1.44.2' 'polars-runtime-32==1.44.2' >&2 &&
    cp "$here/requirements.txt" "$cache/requirements.txt"
}

install_gateways() { # VERSION...
  local version suite
  for version in "$@"; do
    case $version in
      18) suite=trixie ;;
      20) suite=sid ;;
      *) continue ;;
    esac
    say "making a folder with Ceph $version, unless it is there"
    "$here/../ceph/chroot.sh" "$target/e2e/ceph/$suite" "$suite" > "$cache/chroot.log" 2>&1 || return
  done
}

wants() { [[ " ${PARTS:-clients appends moves} " == *" $1 "* ]]; }

# on_store SCHEME: all parts on the service in use
on_store() {
  local store=$label
  label="$store, $1"
  if check 'provision' 0 -- on_lake provision --yes; then
    read_settings
    # Appends first: the others leave tables where doctor finds them.
    if [ "$1" = http ] && wants appends; then appends_at_once; fi
    if wants clients; then clients_find_the_service; fi
    if [ "$1" = http ] && wants moves; then a_table_moves; fi
  fi
  label=$store
}

on_ceph() { # VERSION
  label="Ceph $1"
  export AWS_ACCESS_KEY_ID=CEPHTEST000000000001
  export AWS_SECRET_ACCESS_KEY=cephTestCephTestCephTestCephTestCeph0001
  if start_ceph "$1"; then
    label="Ceph $(cat "$work/ceph/version")"
    use_service "ceph$1-http" default http://127.0.0.1:7480 && on_store http
    use_service "ceph$1-https" default https://s3.lake.test && on_store https
  else
    fail "the gateway does not start: $(tail -1 "$work/ceph.log")"
  fi
  stop_ceph
}

# serve_sandbox NAME REST... -- FLAG...: the built-in service with these flags, for what REST does there
serve_sandbox() {
  local name=$1 rest=()
  shift
  while [ "$1" != -- ]; do rest+=("$1"); shift; done
  shift
  label=sandbox
  if start_sandbox "$@"; then
    # shellcheck disable=SC1091
    . <(grep '^export ' "$work/sandbox.exports")
    [ -z "${AWS_CA_BUNDLE:-}" ] || cat "$AWS_CA_BUNDLE" >> "$work/tls/store"
    use_service "$name" fsn1 "$AWS_ENDPOINT_URL_S3" "${AWS_CA_BUNDLE:-}"
    unset AWS_CA_BUNDLE
    "${rest[@]}"
  else
    fail "the sandbox does not start: $(tail -1 "$work/sandbox.log")"
  fi
  stop_sandbox
}

on_sandbox() {
  serve_sandbox sandbox-http on_store http --
  serve_sandbox sandbox-https on_store https -- --tls
  if wants appends; then
    serve_sandbox sandbox-racing races_lose racing -- --conditional-writes racing
    serve_sandbox sandbox-obeyed races_hold -- --conditional-writes obeyed
  fi
}

# Loopback, names, certificates: nothing of it is seen outside.
inside() {
  local store
  for store in $(compgen -e | grep -E '^(AWS_|DATALAKE_|DAGSTER_|SSL_|DUCKDB_|PYICEBERG_)'); do
    unset "$store"
  done
  ip link set lo up && make_certificate > "$work/tls.log" 2>&1 && start_names ||
    { label=lake fail 'no namespace with loopback only'; return; }
  export SSL_CERT_FILE=$ca
  for store in "$@"; do
    case $store in
      sandbox) on_sandbox ;;
      16 | 18 | 20) on_ceph "$store" ;;
      *) label=$store fail 'no such store' ;;
    esac
  done
}

label=lake
if [ -n "${LAKE_WORK:-}" ]; then
  work=$LAKE_WORK
  inside "$@"
  counted
  exit
fi

mkdir -p "$cache"
[ $# -gt 0 ] || set -- sandbox 16 18 20
if [ "$(id -u)" != 0 ]; then
  skip 'the whole lane: it needs root for namespaces, apt-get and chroot'
elif ! install_packages || ! install_clients || ! install_gateways "$@"; then
  fail 'what the lane needs cannot be installed'
elif ! cargo build --quiet --package datalake-cli; then
  fail 'the program does not build'
else
  work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-lake.XXXXXX")
  mkdir "$work/home"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' INT TERM HUP
  # All that runs inside ends with it.
  LAKE_WORK=$work HOME=$work/home unshare --net --mount --pid --fork --mount-proc --kill-child \
    bash "$here/run.sh" "$@"
  exit
fi
counted
