# `datalake doctor` on a host of the lab, to be sourced after host.sh and broken.sh, with `check`. The
# lab's images have no real Dagster, so what is in them stays unknown here; deps.sh has one that is.
# shellcheck shell=bash disable=SC2154

# says TEXT EXIT GROUP LINE…: the exit code of one group, and lines that it has to tell
says() {
  local text=$1 code=$2 group=$3 line
  shift 3
  check "doctor, $text: exit $code" "$code" -- datalake doctor -v --only "$group"
  for line in "$@"; do
    grep -qF -- "$line" "$work/out" && pass "doctor, $text: $line" ||
      fail "doctor, $text: no \"$line\" in: $(cat "$work/out")"
  done
}

doctor_looks() {
  doctor_of_a_sound_host
  doctor_of_broken_hosts
}

doctor_of_a_sound_host() {
  check 'doctor: a base host' 0 -- install_host base
  start_services
  check 'doctor: provisioned' 0 -- datalake provision --yes
  manifest > "$work/before"
  for group in network key store host; do
    check "doctor, a sound host: $group is green" 0 -- datalake doctor --only "$group"
  done
  # The lab's image has no boto3, which is a warning, and no Dagster of its own.
  says 'a sound host' 3 containers 'sound    containers-up' 'sound    containers-settled' \
    'sound    containers-environment' 'sound    containers-canary' 'unknown  containers-packages' \
    'warning  containers-boto3'
  check 'doctor as the user itself' 0 'host-generator: the installed quadlet makes 2 of 2' -- \
    datalake_as_user doctor -v --only host
  check 'doctor without a spec and without a key' 0 'sound    host-lingering' -- \
    as_root datalake doctor -v --only host
  check 'doctor changes nothing' 0 -- diff "$work/before" <(manifest)
}

doctor_of_broken_hosts() {
  set_up_by_hand
  says 'set up by hand' 3 host 'wrong    host-dashed-env-file' 'wrong    host-environment-d' \
    'wrong    host-env-file'

  install_host base
  image_dies
  manager daemon-reload
  start_services
  says 'an image that dies' 3 containers 'wrong    containers-settled'

  install_host base
  start_services
  datalake provision --yes > /dev/null 2>&1
  left_over_environment
  says 'a left-over value' 3 host 'wrong    host-old-values'
  check 'doctor cures it' 0 -- datalake doctor --fix host-old-values --yes
  says 'cured' 0 host 'sound    host-old-values'

  hand_edit_breaks_a_unit
  says 'a broken hand edit' 3 host 'wrong    host-generator' "unsupported key 'Foo'"

  install_host base
  network_online_is_inactive
  says 'no network-online.target' 3 host 'warning  host-online'
  as_root systemctl start network-online.target

  install_host base
  no_lingering
  says 'no lingering' 3 host 'wrong    host-lingering' 'wrong    host-manager' \
    'cure: `sudo loginctl enable-linger dagster-user`'
  says 'no lingering' 3 containers 'skipped  containers-up: it depends on host-manager'
  check 'doctor for a stranger' 3 'wrong    host-caller' -- \
    as_root setpriv --reuid 65534 --regid 65534 --clear-groups \
    env HOME=/nonexistent datalake --state /tmp/nobody doctor --only host
  install_host base
}
