#!/bin/bash
# The command line on a real host: systemd as first process, rootless podman, quadlets of a
# lingering dagster-user; podman 5.4 (Debian trixie) and the newest packaged one (sid).
#   usage: run.sh [trixie] [sid]      in the workspace root; both without an argument
# Needs root, a cgroup2, apt and a network once; the labs' trees stay in target/e2e/host.
# Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-target}
cache=$(realpath -m "$target/e2e/host")
passed=0 failed=0 skipped=0 label='' suite=''

# shellcheck source=host.sh
. "$here/host.sh"
# shellcheck source=broken.sh
. "$here/broken.sh"
# shellcheck source=dagster.sh
. "$here/dagster.sh"

say() { echo "$@" >&2; }

# pass|fail|skip TEXT
pass() { passed=$((passed + 1)); echo "ok    $label: $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $label: $1"; }
skip() { skipped=$((skipped + 1)); echo "skip  $label: $1"; }

# check TEXT EXIT [WORDS] -- COMMAND...: the exit code, and words in what the command prints
check() {
  local text=$1 expected=$2 words='' code
  shift 2
  if [ "$1" != -- ]; then words=$1; shift; fi
  shift
  "$@" > "$work/out" 2>&1 < /dev/null
  code=$?
  if [ "$code" -eq "$expected" ] && { [ -z "$words" ] || grep -qF -- "$words" "$work/out"; }; then
    pass "$text"
  else
    fail "$text (exit $code, expected $expected${words:+ with \"$words\"})"
    sed 's/^/      | /' "$work/out" | tail -40
    return 1
  fi
}

work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-host.XXXXXX")
stop() {
  [ -z "$suite" ] || lab stop "$suite"
  suite=''
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

install_packages() {
  command -v mmdebstrap > /dev/null && command -v nsenter > /dev/null && return 0
  say 'installing mmdebstrap'
  apt-get update -qq > "$cache/apt.log" 2>&1 &&
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      mmdebstrap util-linux >> "$cache/apt.log" 2>&1
}

# The commands that the last `provision` has told as its next steps; none where it did them itself.
follow_next_steps() {
  local line
  sed -n '/^Next steps/,/^$/s/^  \(systemctl .*\)$/\1/p' "$work/out" > "$work/steps"
  while read -r line; do
    # shellcheck disable=SC2086 # the line is a command
    check "next step: $line" 0 -- as_root $line
  done < "$work/steps"
}

# CLI: `provision` and `rollback` only change files today. Once they reload and restart by
# themselves, `follow_next_steps` finds nothing to do, and `take_back_up` goes.
provision_and_take_up() {
  check "$1" 0 -- datalake provision --yes || return 1
  follow_next_steps
}
take_back_up() {
  check 'daemon-reload after the rollback' 0 -- manager daemon-reload
  check 'restart after the rollback' 0 -- manager restart "${services[@]}"
}

there_and_back() {
  check 'the base set is installed' 0 -- install_host base || return 1
  check 'its services start' 0 -- start_services || return 1
  check 'webserver and daemon run and answer' 0 -- services_are_up || return 1
  check 'no S3 variable in a container yet' 0 -- variables_are_gone
  manifest > "$work/before"
  check 'a plan changes nothing' 3 -- datalake provision --dry-run
  check 'the host is as before' 0 -- diff "$work/before" <(manifest)

  provision_and_take_up 'provision as root' || return 1
  check 'the services stay up' 0 -- services_stay_up
  check 'both first processes have the variables' 0 'dagster-daemon: ' -- variables_are_there
  check 'the webserver uses the bucket from inside' 0 deleted -- canary dagster-webserver
  check 'the daemon uses the bucket from inside' 0 deleted -- canary dagster-daemon
  check 'status in step' 0 -- datalake status
  check 'a second provision has nothing to do' 0 -- datalake provision --yes

  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  take_back_up
  check 'the services stay up without S3' 0 -- services_stay_up
  check 'the variables are gone from both' 0 -- variables_are_gone
}

a_host_set_up_by_hand_is_repaired() {
  set_up_by_hand
  check 'set up by hand: no service starts' 1 -- start_services
  manifest > "$work/before"
  check 'set up by hand: the repair is shown before' 3 'EnvironmentFile=-/var/lib' -- \
    datalake provision --dry-run
  provision_and_take_up 'set up by hand: one provision' || return 1
  check 'set up by hand: the services stay up' 0 -- services_stay_up
  check 'set up by hand: both have the variables' 0 'dagster-daemon: ' -- variables_are_there
  check 'set up by hand: rollback' 0 -- datalake rollback --yes
  check 'set up by hand: as before' 0 -- diff "$work/before" <(manifest)
}

is_state() { [ "$(manager show -P "$2" "$1")" = "$3" ]; } # UNIT PROPERTY VALUE

# Each situation is what it says it is. What `datalake` makes of it is a check of its own, below the
# line `CLI:`.
broken_situations() {
  local outside
  check 'a base host' 0 -- install_host base
  start_services
  hand_edit_breaks_a_unit
  manager daemon-reload
  check 'a broken hand edit: the unit is gone' 0 -- \
    is_state dagster-webserver LoadState not-found
  # CLI: provision tells the line and changes nothing.

  install_host base
  image_dies
  manager daemon-reload
  check 'an image that dies: the start succeeds' 0 -- start_services
  check 'an image that dies: the daemon does not stay up' 1 -- services_stay_up
  # CLI: provision tells the daemon's last lines and goes back within 120 s.

  install_host base
  image_dies_with_s3
  manager daemon-reload
  start_services
  check 'an image that dies with S3: up before' 0 -- services_stay_up
  # CLI: provision notices the death, goes back by itself, and both services run again.

  install_host base
  env_file_of_root
  check 'an env file of root: dagster-user cannot read it' 1 -- \
    as_user cat "$config/datalake/s3.env"
  # CLI: provision tells the owner, and replaces the file by one of dagster-user.

  install_host base
  outside=$(drop_in_folder_is_a_link)
  manifest > "$work/before"
  datalake provision --yes > "$work/out" 2>&1
  check 'a drop-in folder that is a link: nothing is written where it leads' 0 -- \
    as_root sh -c "[ -z \"\$(ls -A $outside)\" ]"
  # CLI: provision tells the link, exits with a failure, and nothing is left half done:
  # diff "$work/before" <(manifest).

  install_host base
  left_over_environment
  manager daemon-reload
  start_services
  check 'a left-over value: the webserver has it' 0 AWS_ACCESS_KEY_ID=old -- \
    environment dagster-webserver
  # CLI: provision tells the line, offers the repair, and the container has the new key.

  install_host base
  no_lingering
  check 'no lingering: there is no manager' 3 inactive -- \
    as_root systemctl is-active user@900.service
  # CLI: provision tells `loginctl enable-linger dagster-user` before it changes anything.

  install_host base
  start_services
  network_online_is_inactive
  check 'network-online.target is inactive' 3 inactive -- \
    as_root systemctl is-active network-online.target
  # CLI: provision tells the cure first, and its own time limits are above 92 s.
}

run_suite() { # SUITE
  label=$1
  say "making the lab $1, unless it is there"
  if ! lab make "$1" > "$cache/make.log" 2>&1; then
    fail "the lab cannot be made: $(tail -1 "$cache/make.log")"
    return
  fi
  suite=$1
  if ! lab start "$suite" > "$cache/start.log" 2>&1; then
    fail "the lab does not boot: $(tail -1 "$cache/start.log")"
    stop
    return
  fi
  label="$suite, podman $(as_user podman version -f '{{.Client.Version}}')"
  if check 'the program runs here' 0 -- install_program &&
    check 'the images' 0 -- bash "$here/image.sh" "$suite" && start_s3; then
    there_and_back
    a_host_set_up_by_hand_is_repaired
    dagster_commands
    broken_situations
  else
    fail 'the lab cannot be prepared'
  fi
  stop
}

mkdir -p "$cache"
if [ "$(id -u)" != 0 ]; then
  label=host
  skip 'the whole lane: it needs root for namespaces and apt-get'
elif ! findmnt -t cgroup2 > /dev/null; then
  label=host
  skip 'the whole lane: no cgroup2 is mounted'
elif ! install_packages; then
  label=host
  fail 'what the lane needs cannot be installed'
elif ! cargo build --quiet --package datalake-cli; then
  label=host
  fail 'the program does not build'
else
  [ $# -gt 0 ] || set -- trixie sid
  for name in "$@"; do run_suite "$name"; done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
