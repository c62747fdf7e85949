#!/bin/bash
# The command line with the real client of Modal, unmodified, in two versions, and what is left of it
# with two older ones, against a control plane on loopback (fake/) and the sandbox's bucket.
#   usage: run.sh       in the workspace root
# Needs a network once; the clients stay in target/e2e/modal. Each check prints a line; the last line
# counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
cache=$target/e2e/modal program=$target/debug/datalake
versions=(1.6.4 1.4.3) store=''
canary=CANARYcanaryCANARYcanaryCANARYcanary1234

# shellcheck source=../count.sh
. "$here/../count.sh"
label=modal
# shellcheck source=plane.sh
. "$here/plane.sh"
# shellcheck source=mended.sh
. "$here/mended.sh"

clean() {
  ends "$plane"
  ends "$store"
  [ -z "$work" ] || rm -rf "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM HUP

# Containers have what the image of the functions has; they run in the newest client's place.
install_tables() {
  [ -f "$cache/1.6.4/tables" ] && return 0
  "$cache/1.6.4/bin/pip" install --quiet --disable-pip-version-check 'pandas>=2.2,<4' \
    'pyarrow>=17' >&2 && touch "$cache/1.6.4/tables"
}

# One service for the whole lane, so that the functions can reach its bucket.
start_store() {
  "$program" --sandbox="$work/store" sandbox > "$work/exports" 2> "$work/store.log" &
  store=$!
  wait_for 60 grep -q serving "$work/store.log" || { fail 'the sandbox starts'; exit 1; }
  # shellcheck disable=SC1091
  . "$work/exports"
}

lake() { "$program" --root "$work/host" --state "$work/state" --config "$work/datalake.yaml" "$@"; }

spec() { # spec [APPS]
  cat > "$work/datalake.yaml" << YAML
region: fsn1
endpoint: $AWS_ENDPOINT_URL_S3
bucket: lane-modal-assets
modal: { secret: hetzner-s3, apps: [${1:-dagster-compute}] }
YAML
}

remote() { "$cache/$version/bin/python" -B "$here/remote.py" "$1"; }

life() {
  check 'a secret that is not there is absent' 3 'absent' -- lake modal secret status
  check 'the plan changes nothing' 3 'store in Modal' -- lake modal secret sync --dry-run
  holds 'after the plan there is none' "'main/hetzner-s3' not in secrets"
  check 'sync creates it' 0 'Proved: Modal lists' -- lake modal secret sync --yes
  holds 'each value arrived as it is' \
    "secrets['main/hetzner-s3']['AWS_SECRET_ACCESS_KEY'] == sha('$AWS_SECRET_ACCESS_KEY')"
  check 'it is in step' 0 'in step' -- lake modal secret status
  check 'a second sync has nothing to do' 0 'Nothing to do' -- lake modal secret sync --yes
  echo '{"A": "1"}' > "$work/foreign.json"
  check 'somebody else replaces it' 0 -- \
    "$cache/$version/bin/modal" secret create hetzner-s3 --force --from-json "$work/foreign.json"
  check 'that is drift' 3 'drifted' -- lake modal secret status
  check 'sync puts ours beside theirs' 0 'Proved' -- lake modal secret sync --yes
  holds 'theirs stays' "secrets['main/hetzner-s3']['A'] == sha('1')"
  holds 'ours is there' \
    "secrets['main/hetzner-s3']['AWS_SECRET_ACCESS_KEY'] == sha('$AWS_SECRET_ACCESS_KEY')"
  check 'rollback takes ours out' 0 'Undone' -- lake rollback --yes
  holds 'theirs alone is left' "list(secrets['main/hetzner-s3']) == ['A']"
  echo '{"A": "1", "AWS_REGION": "theirs"}' > "$work/ours.json"
  check 'somebody else uses a name of ours' 0 -- \
    "$cache/$version/bin/modal" secret create hetzner-s3 --force --from-json "$work/ours.json"
  check 'the plan says that its value will not come back' 3 'shows it to no one' -- \
    lake modal secret sync --dry-run
  check 'sync changes it' 0 'Proved' -- lake modal secret sync --yes
  check 'the client lists it' 0 hetzner-s3 -- "$cache/$version/bin/modal" secret list --json
  check 'delete takes ours out' 5 "$(stays A)" -- lake modal secret delete --yes
  holds 'theirs alone is left again' "list(secrets['main/hetzner-s3']) == ['A']"
  check 'a second delete has nothing to do' 5 'Nothing to do' -- lake modal secret delete --yes
  check 'delete --all removes it with theirs' 0 'has no secret' -- lake modal secret delete --all --yes
  check 'it is gone' 3 'absent' -- lake modal secret status
  alone
}

# stays NAME: what is said of a secret that stays, with NAME of somebody else
stays() {
  if lists; then echo "holds variables of others: $1"; else echo 'cannot list (1.6 can)'; fi
}
lists() { [ "$version" = 1.6.4 ]; } # whether this client lists the variables in a secret

# A secret that nobody else has anything in goes, if the client can tell that it is so.
alone() {
  check 'sync creates it anew' 0 'Proved' -- lake modal secret sync --yes
  if lists; then
    check 'delete removes it' 0 'has no secret' -- lake modal secret delete --yes
  else
    check 'delete leaves it empty and says so' 5 "$(stays '')" -- lake modal secret delete --yes
    holds 'without ours' "secrets['main/hetzner-s3'] == {}"
    check 'delete --all removes it' 0 'has no secret' -- lake modal secret delete --all --yes
  fi
  check 'it is gone again' 3 'absent' -- lake modal secret status
  check 'sync creates it once more' 0 'Proved' -- lake modal secret sync --yes
  if lists; then
    check 'rollback removes it' 0 'Undone' -- lake rollback --yes
    holds 'nothing is left of it' "'main/hetzner-s3' not in secrets"
  else
    check 'rollback leaves it empty and says so' 0 'cannot list (1.6 can)' -- lake rollback --yes
    holds 'ours are out' "secrets['main/hetzner-s3'] == {}"
    lake modal secret delete --all --yes > /dev/null 2>&1 < /dev/null
  fi
}

warm() {
  check 'sync before the deploy' 0 -- lake modal secret sync --yes
  check 'init writes functions and asset' 0 'Next:' -- lake modal init "$work/project"
  check 'a second init changes nothing' 0 '= ' -- lake modal init "$work/project"
  check 'what would run is shown' 3 'modal deploy' -- \
    lake modal deploy --dry-run "$work/project/modal_functions.py"
  check 'no word of the generated files is an old one' 0 'python-modal-words: none in 2 files' -- \
    lake modal check -v "$work/project/modal_functions.py" "$work/project/modal_assets.py"
  check 'deploy of the generated file' 0 'Deployed' -- \
    lake modal deploy "$work/project/modal_functions.py"
  check 'a remote call reads and writes the bucket' 0 '"rows": 3' -- remote round_trip
  check 'rows may have text' 0 '{"rows": 2, "sums": {"x": 3}}' -- remote text
  # Only the newest client's place has pandas; the call comes from there.
  check 'a table of Parquet may have text' 0 '"rows": 2' -- \
    "$cache/1.6.4/bin/python" -B "$here/remote.py" table
  local first
  first=$(remote where)
  if [ "$first" = "$(remote where)" ]; then pass 'the container is warm'; else fail 'it is cold'; fi
  # A new key: the secret changes, and the warm container would still hold the old one.
  export DATALAKE_PREFIX=assets DATALAKE_BUCKET=lane-other-assets
  check 'new values, and the app is rolled over' 0 'New containers: dagster-compute' -- \
    lake modal secret sync --yes
  check 'a call after that has the new values' 0 NoSuchBucket -- remote round_trip_fails
  unset DATALAKE_PREFIX DATALAKE_BUCKET
  spec other-app
  check 'an app that the spec does not name may hold old values' 0 'may still hold' -- \
    lake modal secret sync --yes
  check 'and it does' 0 NoSuchBucket -- remote round_trip_fails
  check 'rollover by name' 0 'dagster-compute: new containers' -- \
    lake modal rollover dagster-compute
  check 'then it has the new values' 0 '"rows": 3' -- remote round_trip
  sed -i 's/return frame.drop_duplicates()/return frame.head(1)/' \
    "$work/project/modal_functions.py"
  check 'it is renewed around what is ours' 0 '* ' -- \
    lake modal init "$work/project"
  check 'our code is there' 0 '' -- grep -q 'frame.head(1)' "$work/project/modal_functions.py"
  echo '# mine' >> "$work/project/modal_functions.py"
  check 'a file that was changed by hand stays' 5 'left alone' -- lake modal init "$work/project"
  rm -rf "$work/project"
  spec
}

# stored: how many receipts say that a run has stored the secret
stored() {
  "$cache/1.6.4/bin/python" -c "
import glob, json
steps = [s for path in glob.glob('$work/state/receipts/*') for s in json.load(open(path))['steps']]
print(sum(s['outcome'] == 'done' and 'store-vault' in s['step']['action'] for s in steps))"
}

# fails TEXT EXIT WORDS [COMMAND...]: a sync that fails, or another command, marks nothing as done
fails() {
  local text=$1 exit=$2 words=$3 before
  shift 3
  [ $# -gt 0 ] || set -- lake modal secret sync --yes
  before=$(stored)
  check "$text" "$exit" "$words" -- "$@" || return 1
  if [ "$(stored)" = "$before" ]; then
    pass "$text: no receipt says that it is stored"
  else
    fail "$text: a receipt says that it is stored"
  fi
}

# Each failure: its own message and exit code, and nothing is said to be done.
failures() {
  local saved=$MODAL_TOKEN_ID path=$PATH url=$MODAL_SERVER_URL
  lake modal secret delete --all --yes > /dev/null 2>&1 < /dev/null
  PATH=/usr/bin:/bin fails 'no client' 78 "there is no client of Modal's"
  MODAL_TOKEN_ID='' fails 'not logged in' 78 'is not logged in'
  MODAL_TOKEN_ID=ak-wrong fails 'wrong token' 77 'Modal does not take the token'
  DATALAKE_MODAL__SECRET='has space' fails 'a name that is none' 78 'is not a valid name in Modal'
  faults '{"refuse": {"SecretGetOrCreate": ["INVALID_ARGUMENT", "Invalid Secret name: x."]}}'
  fails 'a name that Modal alone refuses' 78 'Invalid Secret name: x.'
  faults '{"longest_value": 10}'
  fails 'a value that is too long' 78 'is longer than 10 characters'
  faults '{"appears": true}'
  fails 'one that exists by now' 4 'already exists'
  holds 'it stays as it is' "list(secrets['main/hetzner-s3']) == ['THEIRS']"
  no_faults
  check 'the plan has a way back that leaves it' 3 'store in Modal' -- \
    lake modal secret sync --dry-run
  faults '{"lose_creation": true, "warning": "Error: quota exceeded"}'
  fails 'success that is none, over one that is there' 4 'afterwards it is not as planned'
  lake modal secret delete --all --yes > /dev/null 2>&1 < /dev/null
  fails 'success that is none: the secret is not listed' 4 'afterwards it is not as planned'
  no_faults
  check 'it is absent' 3 'absent' -- lake modal secret status
  MODAL_SERVER_URL=http://127.0.0.1:9 fails 'server down' 69 'Connection refused'
  faults '{"hang": true}'
  fails 'server hangs' 69 'it did not answer in time'
  check 'status tells unknown' 5 'unknown' -- lake modal secret status
  faults '{"warning": "Error: quota exceeded"}'
  check 'success with the text of an error is success: it is listed' 0 'Proved: Modal lists' -- \
    lake modal secret sync --yes
  no_faults
  PATH=$path MODAL_TOKEN_ID=$saved MODAL_SERVER_URL=$url
}

# What doctor tells of Modal, and `modal check` by the same checks.
diagnosed() {
  check 'a sound place' 0 '0 warnings, 0 wrong' -- lake modal check
  check 'doctor says the same' 0 '✓ sound    modal-secret: ' -- lake doctor -v --only modal
  check 'no login' 3 '✗ wrong    modal-token: ' -- env MODAL_TOKEN_ID= "$program" --root \
    "$work/host" --state "$work/state" --config "$work/datalake.yaml" modal check
  printf '[default]\ntoken_id = "ak-lane"\ntoken_secret = "as-lane"\n' > "$HOME/.modal.toml"
  chmod 644 "$HOME/.modal.toml"
  check 'a token file that others may read' 3 '✗ wrong    modal-config-mode: ' -- lake modal check
  chmod 600 "$HOME/.modal.toml"
  check 'a token in two places' 3 '! warning  modal-token-twice: the token of the environment' -- \
    lake doctor --only modal
  rm "$HOME/.modal.toml"
  printf 'import modal\nstub = modal.Stub("x")\n' > "$work/old.py"
  check 'an old word' 3 'old.py:2: `modal.Stub`' -- lake modal check "$work/old.py"
  check 'somebody else replaces the secret' 0 -- \
    "$cache/$version/bin/modal" secret create hetzner-s3 --force --from-json "$work/foreign.json"
  check 'doctor tells it' 3 '✗ wrong    modal-secret: someone else' -- lake doctor --only modal
  check 'and cures it' 0 'Proved' -- lake modal secret sync --yes
}

# The command line and environment of every process, and whatever is written below the folders for
# temporary files, are looked through for the secret while it is stored.
unseen() {
  printf 'AWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n' "$AWS_ACCESS_KEY_ID" "$canary" \
    > "$work/keys"
  chmod 600 "$work/keys"
  exec {keys}< "$work/keys"
  rm "$work/keys"
  "$cache/1.6.4/bin/python" "$here/watch.py" "$canary" "$work" /tmp /var/tmp /dev/shm > "$work.seen" &
  local watcher=$!
  env -u AWS_SECRET_ACCESS_KEY -u AWS_ACCESS_KEY_ID "$program" --root "$work/host" \
    --state "$work/state" --config "$work/datalake.yaml" --credentials-fd "$keys" \
    modal secret sync --yes > "$work/out" 2>&1 < /dev/null
  local code=$?
  kill -TERM "$watcher"
  wait "$watcher"
  exec {keys}<&-
  holds 'the canary arrived' \
    "secrets['main/hetzner-s3']['AWS_SECRET_ACCESS_KEY'] == sha('$canary')"
  if [ "$code" = 0 ] && grep -q '^looked' "$work.seen" && ! grep -q '^SEEN' "$work.seen"; then
    pass "nobody else saw it: $(tail -1 "$work.seen")"
  else
    fail "exit $code; $(head -5 "$work.seen")"
    tail -5 "$work/out"
  fi
  rm -f "$work.seen"
}

# A client of before 1.3.5 replaces all of a secret or nothing, and has no errors of its own for
# many answers.
whole() {
  check 'a secret that is not there is absent' 3 'absent' -- lake modal secret status
  check 'sync creates it' 0 'Proved' -- lake modal secret sync --yes
  check 'it is in step' 0 'in step' -- lake modal secret status
  DATALAKE_BUCKET=lane-other-assets check 'other values would lose what others have' 78 \
    'update Modal' -- lake modal secret sync --yes
  check 'nothing was changed' 0 'in step' -- lake modal secret status
  DATALAKE_BUCKET=lane-other-assets check 'unless that is allowed' 0 'Proved' -- \
    lake modal secret sync --replace --yes
  holds 'they are there' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-other-assets')"
  DATALAKE_BUCKET=lane-other-assets check 'a part of it cannot be deleted' 78 \
    'secret delete --all' -- lake modal secret delete --yes
  check 'all of it can' 0 'has no secret' -- lake modal secret delete --all --yes
}

# One of before 1.1.2 can do less still, and is told so by its version.
too_old() {
  check 'it is asked nothing' 78 'is too old: 1.1.2 is the first' -- lake modal secret status
  check 'and the line to type is told' 78 '-m pip install --upgrade modal' -- \
    lake modal secret sync --yes
  check 'doctor tells it' 3 'modal-client-version: it is 1.0.5' -- lake modal check
}

mkdir -p "$cache"
cargo build --quiet --package datalake-cli || { echo 'FAIL  the program does not build'; exit 1; }
for version in "${versions[@]}" 1.2.6 1.0.5; do
  install "$version" || { echo "FAIL  modal $version cannot be installed"; exit 1; }
done
install_tables || { echo 'FAIL  pandas cannot be installed'; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-modal.XXXXXX")
mkdir -p "$work/home" "$work/host/etc"
export HOME=$work/home NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
export PLANE=$work/plane MODAL_TOKEN_ID=ak-lane MODAL_TOKEN_SECRET=as-lane
plain=$PATH
cd "$work" || exit 1
start_store
# use VERSION: this client in PATH, and a Modal that holds nothing
use() {
  version=$1 label="modal $1"
  export PATH=$cache/$1/bin:$plain
  ends "$plane"
  start_plane
  rm -rf "$work/state"
  spec
}
for version in "${versions[@]}"; do
  use "$version"
  life
  warm
  failures
  diagnosed
  unseen
  mended
done
use 1.2.6
whole
use 1.0.5
too_old
. "$here/dagster.sh"
with_dagster
counted
