#!/bin/bash
# Every path that the program opens as root, command by command, against the table of docs/security.md.
#   usage: run.sh         in the workspace root
#   SHOW=1 prints the paths of each command in the table's words; PROGRAM=FILE is tried instead of a debug build
# Needs root, apt and a network once. Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
table=$(cd "$here/../../.." && pwd)/docs/security.md
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
for name in $(compgen -e | grep -E '^(AWS_|DATALAKE_|XDG_|MODAL_)'); do unset "$name"; done
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
# shellcheck source=../count.sh
. "$here/../count.sh"
label=opens serving=''

stop() {
  [ -z "$serving" ] || { kill "$serving" && wait "$serving"; } 2> /dev/null
  [ -z "$work" ] || rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM HUP

install() {
  command -v strace > /dev/null && command -v python3 > /dev/null && return 0
  say 'installing strace and python3'
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends strace python3; } > "$work/apt.log" 2>&1
}

# A host of another user's, and a service beside it.
prepare() {
  user=64998
  mkdir -m 755 "$work/cwd" "$work/home" "$work/tmp" && cd "$work/cwd" || return 1
  export HOME=$work/home TMPDIR=$work/tmp
  "$program" --sandbox="$work/sb" config show > /dev/null && cp -a "$work/sb/host" "$work/host" || return 1
  sed -i "s#^\(dagster[a-z-]*\):x:[0-9]*:[0-9]*:#\1:x:$user:$user:#" "$work/host/etc/passwd"
  dagster=$work/host/var/lib/dagster
  mkdir -p "$dagster/dagster_home/storage/daily" "$dagster/dagster_home/logs"
  python3 -c 'import pickle,sys
for path in sys.argv[1:]: pickle.dump({"v": 1}, open(path, "wb"))' "$dagster/dagster_home/storage/users" "$dagster/dagster_home/storage/daily/2026-10-01"
  touch -d '-1 hour' "$dagster/dagster_home/storage/users" "$dagster/dagster_home/storage/daily/2026-10-01"
  chown -R "$user:$user" "$dagster"
  printf 'region: fsn1\nbucket: opens-assets\nlogs: s3\n' > datalake.yaml
  mkdir -p src code && echo 1 > src/a
  "$program" sandbox --port 0 --sandbox="$work/service" > "$work/service.out" 2>&1 &
  serving=$!
  until grep -qo 'http://127.0.0.1:[0-9]*' "$work/service.out"; do kill -0 "$serving" || return 1; done
  AWS_ENDPOINT=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/service.out" | head -1)
  export DATALAKE_ENDPOINT=$AWS_ENDPOINT AWS_ACCESS_KEY_ID=SANDBOX0000000000001 AWS_SECRET_ACCESS_KEY=sandboxSandboxSandboxSandboxSandbox00001
  printf '%s\n' "STATE=$work/state" "DAGSTER=$dagster" "ROOT=$work/host" "CWD=$work/cwd" "HOME=$work/home" "TMP=$work/tmp" "PROGRAM=$program" > "$work/places"
}

# traced EXIT COMMAND...: runs it as root under strace, and holds what it opened against the table
traced() {
  local expected=$1 code
  shift
  strace -f -y -s 4096 -e trace=open,openat,openat2,creat,execve -o "$work/trace" \
    "$program" --root="$work/host" --state="$work/state" --no-input "$@" > "$work/said" 2>&1 < /dev/null
  code=$?
  if [ "$code" -ne "$expected" ]; then
    fail "$* (exit $code, expected $expected)"
    sed 's/^/      | /' "$work/said" | tail -5
    return
  fi
  [ -z "${SHOW:-}" ] || { echo "== $*"; python3 "$here/opens.py" show "$table" "$*" "$work/places" "$work/trace"; }
  check "$*" 0 -- python3 "$here/opens.py" check "$table" "$*" "$work/places" "$work/trace"
}

all_commands() {
  traced 0 config show
  traced 0 discover
  traced 3 provision --dry-run
  traced 0 provision --yes
  traced 0 status
  traced 0 doctor
  traced 0 history
  traced 0 bucket show
  traced 0 bucket list
  traced 0 ls
  traced 0 du
  traced 0 put src/a s3://opens-assets/raw/a
  traced 0 cat s3://opens-assets/raw/a
  traced 0 stat s3://opens-assets/raw/a
  traced 0 sync src s3://opens-assets/raw
  traced 0 verify src s3://opens-assets/raw
  traced 0 scrub --subset 100% src s3://opens-assets/raw
  traced 0 get s3://opens-assets/raw/ got
  traced 0 rm --yes s3://opens-assets/raw/a
  traced 3 migrate plan
  traced 0 migrate run --yes --while-running
  traced 0 migrate status
  traced 0 migrate verify
  traced 0 migrate report
  traced 0 migrate backup --to backup.tar.zst
  traced 0 migrate back run --yes --while-running
  # Files go only where Dagster was seen to read them from the bucket.
  install -m 755 "$here/../recorded-dagster.sh" "$work/recorded-dagster"
  check 'the switch is proved' 0 -- "$program" --root="$work/host" --state="$work/state" --no-input \
    migrate check --python "$work/recorded-dagster" --python-file defs.py
  traced 0 migrate free --confirm opens-assets
  traced 0 cost report
  traced 0 cost estimate --storage 100GB
  traced 0 usage record
  traced 0 usage show
  traced 0 report --html report.html
  traced 0 dagster init code
  traced 0 rollback --yes
  traced 0 schema
}

work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-opens.XXXXXX")
chmod 755 "$work"
[ "$(id -u)" = 0 ] || { say 'the table is of what root opens: run it as root'; exit 1; }
install || { say 'strace cannot be installed'; exit 1; }
program=${PROGRAM:-$target/debug/datalake}
[ -n "${PROGRAM:-}" ] || cargo build --quiet --locked --package datalake-cli || exit 1
if prepare; then all_commands; else fail 'the host and the service are there'; fi
counted
