# `datalake key rotate` on a host whose containers write to the bucket all the time, to be sourced
# after host.sh and deps.sh, with `check`, `pass`, `fail` and `say`. The service's file of key pairs
# stands for the Console: a line that is taken out is a key that was deleted there.
# shellcheck shell=bash disable=SC2154

new_pair=/var/lib/lab/new-pair.env
console=/var/lib/lab/keys
next_access=ROTATED0000000000002
next_secret=rotatedRotatedRotatedRotatedRotated00002

key_rotation() {
  local before=$label access=$access secret=$secret operator=("${operator[@]}")
  label="$label key"
  as_root cat "$console" > "$work/console"
  if ! install_modal > "$work/modal.log" 2>&1; then
    skip "Modal: its client cannot be had: $(tail -1 "$work/modal.log")"
  elif check "Modal's control plane" 0 -- start_plane; then
    operator=("${modal_login[@]}" DATALAKE_MODAL__SECRET=hetzner-s3 DATALAKE_MODAL__APPS=lab-compute)
  fi
  if check 'containers that write every 100 ms' 0 -- writing_host; then
    a_change_from_end_to_end
  fi
  as_root install -m 600 /dev/stdin "$console" < "$work/console"
  stop_plane
  label=$before
}

has_modal() { [ "${#operator[@]}" -gt 0 ]; }

writing_image() {
  build localhost/dagster:writes << 'END'
FROM localhost/dagster:latest
RUN sed -i '2i python3 /opt/dagster/code/writer.py \&' \
  /usr/local/bin/dagster-daemon /usr/local/bin/dagster-webserver
END
}

# A host that was provisioned with the first pair, a policy that names it, and both containers writing.
writing_host() {
  local service
  writing_image && install_host base || return 1
  for service in "${services[@]}"; do image_is "$service" localhost/dagster:writes; done
  as_root install -m 644 /dev/stdin "$home/code/canary.py" < "$here/canary.py"
  as_root install -m 644 /dev/stdin "$home/code/writer.py" < "$here/writer.py"
  as_root install -m 600 /dev/stdin "$new_pair" << END
AWS_ACCESS_KEY_ID=$next_access
AWS_SECRET_ACCESS_KEY=$next_secret
END
  manager daemon-reload && start_services && services_are_up && datalake provision --yes || return 1
  store_guard || return 1
  policy > "$work/policy"
  since=$(as_root date '+%F %T')
  until_true 20 both_write
}

# A policy that refuses the present key what no client needs.
store_guard() {
  policy_call PUT "{\"Statement\": [{\"Sid\": \"guard\", \"Effect\": \"Deny\",
    \"Principal\": {\"AWS\": [\"arn:aws:iam:::user/p1000001:$access\"]}, \"Action\": [\"s3:PutBucketAcl\"],
    \"Resource\": [\"arn:aws:s3:::$bucket\"]}]}"
}
policy() { policy_call GET ''; }
policy_call() { # METHOD BODY
  as_user podman exec --interactive --workdir /opt/dagster/code dagster-webserver python3 -c \
    "import canary, sys; print(canary.call('$1', '/$bucket', 'policy=', sys.stdin.buffer.read()).decode())" \
    <<< "$2"
}

# The writers' lines since $since.
written() { # SERVICE
  as_root journalctl --quiet --output=cat --since="$since" _SYSTEMD_USER_UNIT="$1.service" |
    grep -E '^(wrote|failed)'
}

both_write() {
  local service
  for service in "${services[@]}"; do written "$service" | grep -q '^wrote' || return 1; done
}

# No write failed since $since, and both write still.
no_write_failed() {
  local service
  for service in "${services[@]}"; do
    ! written "$service" | grep '^failed' || return 1
  done
  since=$(as_root date '+%F %T')
  sleep 2
  until_true 10 both_write
}

a_change_from_end_to_end() {
  manifest > "$work/before"
  if has_modal; then
    check 'an app of Modal has the secret' 0 -- deploy_app
  fi
  check 'the new pair can take its place' 0 -- datalake key check --new-key-file "$new_pair"
  killed_while_it_changes 'intent-recorded:2' abort
  killed_while_it_changes 'units-reloaded:1' rotate
  killed_while_it_changes 'services-ordered:1' abort
  killed_while_it_changes 'action-done:2' rotate
  killed_while_it_changes 'receipt-written:1' abort

  check 'the change' 0 "delete \`$access\` in the Console" -- \
    datalake key rotate --new-key-file "$new_pair" --yes
  check 'no write failed' 0 -- no_write_failed
  check 'both have the new pair' 0 'dagster-daemon: ' -- variables_are_there
  check 'the env file has the new pair' 0 "$next_access" -- as_root cat "$config/datalake/s3.env"
  ! has_modal || check 'Modal has the new pair' 0 -- modal_holds "$next_secret"
  check 'the policy names the new key' 0 "user/p1000001:$next_access" -- policy
  check 'the old key is refused' 77 -- datalake ls
  check 'nothing refused in the journals' 3 'dagster-webserver.service: 0 lines' -- \
    datalake key rotate --status
  if has_modal; then
    as_root sh -c "echo 'An error occurred (AccessDenied) when calling PutObject' > $plane/log"
    check "a refusal in an app's log is counted" 3 "in Modal's app lab-compute: 1 line" -- \
      datalake key rotate --status
  fi
  check 'provision waits' 78 'key abort' -- datalake provision --yes
  as_root sed -i "/^$access /d" "$console"
  access=$next_access secret=$next_secret
  until_true 70 datalake key finish --yes
  check 'it is over' 66 -- datalake key finish --yes
  check 'no write failed at the end' 0 -- no_write_failed
  check 'both generations are erased' 0 -- \
    as_root sh -c '! ls /var/lib/datalake/rotation/*.env 2> /dev/null'
  check 'status with the new pair' 0 -- datalake status
}

# killed_while_it_changes PLACE WAY: the change is killed at PLACE, goes on or back, and back it is.
killed_while_it_changes() {
  check "killed at $1" 137 -- killed_change "$1" || return
  if [ "$2" = rotate ]; then
    check "killed at $1: it goes on" 0 -- datalake key rotate --yes
    check "killed at $1: the old key is refused" 77 -- datalake ls
  fi
  check "killed at $1, then $2: back" 0 'as before' -- datalake key abort --yes
  check "killed at $1, then $2: no write failed" 0 -- no_write_failed
  check "killed at $1, then $2: every byte, mode and owner is back" 0 -- \
    diff "$work/before" <(manifest)
  ! has_modal || check "killed at $1, then $2: Modal has the old pair" 0 -- modal_holds "$secret"
  check "killed at $1, then $2: the policy is as before" 0 -- diff "$work/policy" <(policy)
}

killed_change() {
  kill_at=$1 datalake key rotate --new-key-file "$new_pair" --yes
}

