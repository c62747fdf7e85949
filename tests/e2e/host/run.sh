#!/bin/bash
# The command line on a real host: systemd as first process, rootless podman, quadlets of a
# lingering dagster-user; podman 5.4 (Debian trixie) and the newest packaged one (sid).
#   usage: run.sh [trixie] [sid]      in the workspace root; both without an argument
#   PROGRAM=FILE is tried instead of a debug build; PARTS='real_code_server …' runs these alone
# Needs root, a cgroup2, apt and a network once; the labs' trees stay in target/e2e/host.
# Each step prints a line; the last line counts them. What it starts, it ends.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-target}
cache=$(realpath -m "$target/e2e/host")
suite=''
parts=(
  there_and_back the_user_itself a_host_set_up_by_hand_is_repaired handover_ways needed_by_others
  pod_of_two kills_at_the_services key_rotation swaps_lead_nowhere dagster_commands deps_commands
  real_code_server doctor_looks schedule_timers broken_situations
)
[ -z "${PARTS:-}" ] || read -ra parts <<< "$PARTS"

# shellcheck source=../count.sh
. "$here/../count.sh"
# shellcheck source=host.sh
. "$here/host.sh"
# shellcheck source=broken.sh
. "$here/broken.sh"
# shellcheck source=dagster.sh
. "$here/dagster.sh"
# shellcheck source=handover.sh
. "$here/handover.sh"
# shellcheck source=needed.sh
. "$here/needed.sh"
# shellcheck source=pods.sh
. "$here/pods.sh"
# shellcheck source=kills.sh
. "$here/kills.sh"
# shellcheck source=modal.sh
. "$here/modal.sh"
# shellcheck source=key.sh
. "$here/key.sh"
# shellcheck source=swaps.sh
. "$here/swaps.sh"
# shellcheck source=deps.sh
. "$here/deps.sh"
# shellcheck source=postgres.sh
. "$here/postgres.sh"
# shellcheck source=real.sh
. "$here/real.sh"
# shellcheck source=doctor.sh
. "$here/doctor.sh"
# shellcheck source=schedule.sh
. "$here/schedule.sh"

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

there_and_back() {
  check 'the base set is installed' 0 -- install_host base || return 1
  check 'its services start' 0 -- start_services || return 1
  check 'webserver and daemon run and answer' 0 -- services_are_up || return 1
  check 'no S3 variable in a container yet' 0 -- variables_are_gone
  manifest > "$work/before"
  check 'a plan changes nothing' 3 -- datalake provision --dry-run
  check 'the host is as before' 0 -- diff "$work/before" <(manifest)

  check 'provision as root' 0 -- datalake provision --yes || return 1
  check 'the services stay up' 0 -- services_stay_up
  check 'both first processes have the variables' 0 'dagster-daemon: ' -- variables_are_there
  check 'the webserver uses the bucket from inside' 0 deleted -- canary dagster-webserver
  check 'the daemon uses the bucket from inside' 0 deleted -- canary dagster-daemon
  check 'status in step' 0 -- datalake status
  check 'a second provision has nothing to do' 0 'Nothing to do' -- datalake provision --yes
  lives > "$work/lives"
  datalake provision --yes > /dev/null 2>&1
  check 'nothing to do restarts nothing' 0 -- diff "$work/lives" <(lives)

  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'the services stay up without S3' 0 -- services_stay_up
  check 'the variables are gone from both' 0 -- variables_are_gone
}

the_user_itself() {
  check 'the user itself: a base host' 0 -- install_host base || return 1
  start_services
  manifest > "$work/before"
  check 'the user itself: provision without root' 0 'work inside' -- \
    datalake_as_user provision --yes
  check 'the user itself: both have the variables' 0 'dagster-daemon: ' -- variables_are_there
  check 'the user itself: status in step' 0 -- datalake_as_user status
  check 'the user itself: rollback' 0 -- datalake_as_user rollback --yes
  check 'the user itself: every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'the user itself: the variables are gone' 0 -- variables_are_gone
}

a_host_set_up_by_hand_is_repaired() {
  set_up_by_hand
  check 'set up by hand: no service starts' 1 -- start_services
  manifest > "$work/before"
  check 'set up by hand: the repair is shown before' 3 'EnvironmentFile=-/var/lib' -- \
    datalake provision --dry-run
  check 'set up by hand: one provision' 0 -- datalake provision --yes || return 1
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
  check 'a base host: quadlet is asked about the plan' 3 \
    'Checked: the installed quadlet generator makes both units' -- datalake provision --dry-run
  start_services
  hand_edit_breaks_a_unit
  manager daemon-reload
  check 'a broken hand edit: the unit is gone' 0 -- \
    is_state dagster-webserver LoadState not-found
  manifest > "$work/before"
  check 'a broken hand edit: provision tells the words of quadlet' 78 "unsupported key 'Foo'" -- \
    datalake provision --yes
  check 'a broken hand edit: it tells the file' 78 \
    "makes no unit of \`$quadlets/dagster-webserver.container\`" -- datalake provision --yes
  check 'a broken hand edit: a plan tells that it was there before' 78 'so already' -- \
    datalake provision --dry-run
  check 'a broken hand edit: nothing is changed' 0 -- diff "$work/before" <(manifest)
  check 'a broken hand edit: no copy is left' 0 -- \
    as_root sh -c '! ls -d /run/datalake-quadlets-* /tmp/datalake-quadlets-* 2> /dev/null'

  install_host base
  image_dies
  manager daemon-reload
  check 'an image that dies: the start succeeds' 0 -- start_services
  check 'an image that dies: the daemon does not stay up' 1 -- services_stay_up
  goes_back 'an image that dies' 'Errors whilst loading configuration'

  install_host base
  image_dies_with_s3
  manager daemon-reload
  start_services
  check 'an image that dies with S3: up before' 0 -- services_stay_up
  goes_back 'an image that dies with S3' 'Errors whilst loading configuration'
  check 'an image that dies with S3: both run again' 0 -- services_stay_up
  check 'an image that dies with S3: without variables' 0 -- variables_are_gone

  install_host base
  webserver_cannot_reach_s3
  manager daemon-reload
  start_services
  goes_back 'a container that cannot reach S3' 'dagster-webserver`, put'
  check 'a container that cannot reach S3: both run again' 0 -- services_stay_up

  install_host base
  env_file_of_root
  start_services
  check 'an env file of root: dagster-user cannot read it' 1 -- \
    as_user cat "$config/datalake/s3.env"
  check 'an env file of root: provision replaces it' 0 -- datalake provision --yes
  check 'an env file of root: the containers have the variables' 0 'dagster-daemon: ' -- \
    variables_are_there

  install_host base
  outside=$(drop_in_folder_is_a_link)
  start_services
  manifest > "$work/before"
  check 'a drop-in folder that is a link: told' 77 'is a symbolic link to' -- \
    datalake provision --yes
  check 'a drop-in folder that is a link: nothing is written where it leads' 0 -- \
    as_root sh -c "[ -z \"\$(ls -A $outside)\" ]"
  check 'a drop-in folder that is a link: nothing is half done' 0 -- diff "$work/before" <(manifest)

  install_host base
  left_over_environment
  manager daemon-reload
  start_services
  check 'a left-over value: the webserver has it' 0 AWS_ACCESS_KEY_ID=old -- \
    environment dagster-webserver
  check 'a left-over value: the line is told' 3 '-Environment=AWS_ACCESS_KEY_ID=' -- \
    datalake provision --dry-run
  check 'a left-over value: repaired' 0 -- datalake provision --yes
  check 'a left-over value: both have the new one' 0 'dagster-daemon: ' -- variables_are_there

  install_host base
  no_lingering
  manifest > "$work/before"
  check 'no lingering: there is no manager' 3 inactive -- \
    as_root systemctl is-active user@900.service
  check 'no lingering: the cure is told' 78 'loginctl enable-linger dagster-user' -- \
    datalake provision --yes
  check 'no lingering: nothing is half done' 0 -- diff "$work/before" <(manifest)

  install_host base
  start_services
  network_online_is_inactive
  check 'network-online.target is inactive' 3 inactive -- \
    as_root systemctl is-active network-online.target
  check 'network-online.target is inactive: the cure is told, and it waits' 0 \
    'systemctl start network-online.target' -- datalake provision --yes
}

# goes_back TEXT WORDS: provision fails at the services, shows WORDS, and all is as before within
# 120 s of its own work.
goes_back() {
  local began=$SECONDS
  manifest > "$work/before"
  check "$1: provision fails and tells why" 69 "$2" -- datalake provision --yes
  [ $((SECONDS - began)) -le 120 ] && pass "$1: within $((SECONDS - began)) s" ||
    fail "$1: it took $((SECONDS - began)) s"
  check "$1: the files are as before" 0 -- diff "$work/before" <(manifest)
  check "$1: no run is left" 0 'Nothing to undo' -- datalake rollback --yes
}

run_suite() { # SUITE
  local part
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
    for part in "${parts[@]}"; do "$part"; done
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
elif [ -z "${PROGRAM:-}" ] && ! cargo build --quiet --package datalake-cli; then
  label=host
  fail 'the program does not build'
else
  [ $# -gt 0 ] || set -- trixie sid
  for name in "$@"; do run_suite "$name"; done
fi
counted
