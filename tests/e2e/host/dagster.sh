# `datalake dagster …` on a host of the lab, to be sourced after host.sh and broken.sh, with `check`,
# `pass` and `fail`. `dagster_commands` needs no S3 service and leaves the host to `install_host`.
# shellcheck shell=bash

# No output of any command may hold them.
canaries=(CANARYID0123456789 canary+s3cret/value0 pg-canary-value)

# Units with drop-ins, and an env file that holds canaries.
install_canaries() {
  local root
  install_host dropin-env || return 1
  root=$(tree)
  as_root install -d -o 900 -g 900 -m 700 "$config/datalake"
  cat > "$root$config/datalake/s3.env" <<END
AWS_ACCESS_KEY_ID=${canaries[0]}
AWS_SECRET_ACCESS_KEY=${canaries[1]}
DAGSTER_S3_BUCKET=lab-dagster-assets
DAGSTER_S3_ENDPOINT_URL=https://s3.lab.test
DAGSTER_S3_REGION=fsn1
END
  echo "POSTGRES_PASSWORD=${canaries[2]}" > "$root$config/dagster/postgres.env"
  chown 900:900 "$root$config/datalake/s3.env"
  chmod 600 "$root$config/datalake/s3.env"
  : > "$work/all"
}

# As root, without a spec, an address or keys: only user and units matter, and both have defaults.
dagster() {
  local code
  as_root datalake dagster "$@" > "$work/stdout" 2> "$work/stderr"
  code=$?
  cat "$work/stdout" "$work/stderr" | tee -a "$work/all"
  return "$code"
}
dagster_as_user() { as_user datalake dagster "$@" 2>&1 | tee -a "$work/all"; return "${PIPESTATUS[0]}"; }

lives() { manager show --value -p InvocationID "${services[@]}" | grep -v '^$'; }
quiet() { [ ! -s "$work/stdout" ]; }
holds() { grep -qF -- "$1" "$work/stdout"; }
lacks() { ! grep -qF -- "$1" "$work/all"; }

dagster_commands() {
  local before=$label
  label="$label dagster"
  check 'a host with drop-ins and an env file' 0 -- install_canaries
  dagster_goes_well
  dagster_as_the_user
  dagster_tells_what_is_wrong
  dagster_prints_no_secret
  label=$before
}

dagster_goes_well() {
  local old
  check 'reload' 0 'reloaded' -- dagster reload
  check 'start' 0 'dagster-daemon.service: active' -- dagster start
  check 'a success is quiet' 0 -- quiet
  old=$(lives)
  check 'start of what runs leaves it alone' 0 -- dagster start
  [ "$(lives)" = "$old" ] && pass 'the same lives' || fail "other lives: $old; $(lives)"
  check 'restart' 0 -- dagster restart
  [ -z "$(comm -12 <(sort <<< "$old") <(lives | sort))" ] &&
    pass 'both services have a new life' || fail "an old life: $old; $(lives)"
  check 'status' 0 'as in the env file' -- dagster status
  check 'status tells podman' 0 'reads drop-ins' -- dagster status
  check 'status as JSON' 0 '"kind": "dagster-status"' -- dagster status --json
  check 'env' 0 'AWS_SECRET_ACCESS_KEY' -- dagster env
  check 'logs of one' 0 "Instance is configured" -- dagster logs daemon -n 20
  ! grep -q webserver "$work/out" && pass 'and of no other' || fail 'logs of another unit'
  check 'stop of one' 0 'dagster-daemon.service: inactive' -- dagster stop daemon
  check 'status after the stop' 3 'inactive' -- dagster status
  check 'start of one' 0 -- dagster start daemon
  follows_until_interrupted
}

# Ctrl-C is the way in which following ends.
follows_until_interrupted() {
  # shellcheck disable=SC2016 # for the shell in the lab
  check 'logs -f ends with Ctrl-C' 0 'Serving dagster-webserver' -- as_root bash -c '
    set -m
    datalake dagster logs webserver -n 20 -f > /run/followed &
    for _ in $(seq 50); do grep -q Serving /run/followed && break; sleep 0.1; done
    kill -INT $!
    wait $!
    code=$?
    cat /run/followed
    for _ in $(seq 50); do pgrep -x journalctl > /dev/null || break; sleep 0.1; done
    ! pgrep -x journalctl || exit 99
    exit $code'
}

dagster_as_the_user() {
  check 'the user itself: restart' 0 'dagster-webserver.service: active' -- \
    dagster_as_user restart webserver
  check 'the user itself: status' 0 'as in the env file' -- dagster_as_user status
  check 'the user itself: env' 0 'AWS_SECRET_ACCESS_KEY' -- dagster_as_user env
  check 'the user itself: logs are not for a system user' 77 'usermod -a -G systemd-journal' -- \
    dagster_as_user logs
  check 'anyone else' 77 'neither root nor' -- \
    as_root setpriv --reuid 65534 --regid 65534 --clear-groups \
    env HOME=/nonexistent datalake --state /tmp/nobody dagster status
}

dagster_tells_what_is_wrong() {
  as_root sed -i 's/^DAGSTER_S3_BUCKET=.*/DAGSTER_S3_BUCKET=another/' "$config/datalake/s3.env"
  check 'a changed env file' 3 'not as in the env file: DAGSTER_S3_BUCKET' -- dagster status
  check 'restart takes it up' 0 -- dagster restart
  left_over_environment
  check 'an old value' 3 'old value' -- dagster status
  dies_after_a_second
  hand_edit_breaks_a_unit
  check 'a unit that quadlet refuses' 78 'systemd has made no service' -- dagster reload
  check 'and its restart' 78 'podman-user-generator' -- dagster restart webserver
  waits_for_the_network
  install_canaries
  check 'lingering is switched off' 0 -- no_lingering
  check 'no lingering: restart' 78 'loginctl enable-linger dagster-user' -- dagster restart
  check 'no lingering: status' 3 'cure: loginctl enable-linger dagster-user' -- dagster status
  install_canaries
}

dies_after_a_second() {
  # Secrets that the dying program prints.
  as_root sed -i "s/^Exec=dagster-daemon.*/Exec=sh -c 'echo DagsterInvalidConfigError \$\$AWS_SECRET_ACCESS_KEY; sleep 1; exit 1'/" \
    "$quadlets/dagster-daemon.container"
  check 'reload' 0 -- dagster reload
  check 'a unit that dies after a second' 69 'restarts by itself' -- dagster restart
  grep -q 'DagsterInvalidConfigError …' "$work/out" &&
    pass 'with the tail of its log, without the secret' || fail "$(tail -20 "$work/out")"
  install_canaries
  start_services
}

waits_for_the_network() {
  install_canaries
  start_services
  network_online_is_inactive
  local begun=$SECONDS
  check 'a start that waits for the network' 0 'systemctl start network-online.target' -- \
    dagster start
  say "  it took $((SECONDS - begun)) s"
  check 'status tells it, too' 0 'network-online.target is not active' -- dagster status
  as_root systemctl start network-online.target
}

dagster_prints_no_secret() {
  local canary
  for canary in "${canaries[@]}"; do
    check "no output holds $canary" 0 -- lacks "$canary"
  done
}
