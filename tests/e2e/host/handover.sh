# The ways to hand the settings over, and old values that would win over them; to be sourced after
# host.sh and broken.sh, with `check`, `pass` and `fail`. Needs the S3 service of the lab.
# shellcheck shell=bash disable=SC2154

# ask_for WAY: in the spec of this host
ask_for() {
  as_root sh -c "mkdir -p /etc/datalake && echo 'host: { handover: $1 }' > /etc/datalake/datalake.yaml"
}
ask_for_nothing() { as_root rm -rf /etc/datalake; }

# All that a rollback has to bring back: what is configured, and what podman keeps.
everything() {
  local name
  manifest
  for name in $(as_user podman secret ls --format '{{.Name}}' | LC_ALL=C sort); do
    as_user podman secret inspect --showsecret -f '{{.Spec.Name}} {{.SecretData}}' "$name"
  done
  as_root sh -c 'find /etc/containers -type f -exec sha256sum {} + | LC_ALL=C sort'
}

# Each container's first process has what it had in the first way, and nothing else.
given() {
  local service
  for service in "${services[@]}"; do
    environment "$service" | diff "$work/wanted" - || return 1
  done
}

# The operator's call by the service user itself.
datalake_as_user() {
  as_user env DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}

shows_the_secret() {
  as_user podman container inspect "${services[@]}" | grep -qF -- "$secret"
}

handover_ways() {
  local before=$label
  label="$label handover"
  ways_by_the_spec
  secrets_by_the_user
  dies_with_its_secrets
  old_values_go
  ask_for_nothing
  label=$before
}

# change_to WAY PLACE: by the spec, with all that has to hold then; PLACE is where the settings lie
change_to() {
  ask_for "$1"
  check "$1: provision" 0 -- datalake provision --yes || return 1
  [ -s "$work/wanted" ] ||
    grep -v '^#' "$(tree)$config/datalake/s3.env" | LC_ALL=C sort > "$work/wanted"
  check "$1: the services stay up" 0 -- services_stay_up
  check "$1: both first processes have the variables" 0 -- given
  check "$1: in step" 0 'In sync' -- datalake status
  lives > "$work/lives"
  check "$1: nothing to do" 0 'Nothing to do' -- datalake provision --yes
  check "$1: and nothing is restarted" 0 -- diff "$work/lives" <(lives)
  check "$1: the webserver uses the bucket from inside" 0 deleted -- canary dagster-webserver
  check "$1: dagster status compares with where it lies" 0 "as in $2" -- \
    as_root datalake dagster status
}

# go_back_to PICTURE TEXT
go_back_to() {
  check "rollback to $2" 0 -- datalake rollback --yes
  check "rollback to $2: every byte, mode, owner and secret" 0 -- diff "$work/$1" <(everything)
  check "rollback to $2: the services stay up" 0 -- services_stay_up
}

ways_by_the_spec() {
  rm -f "$work/wanted"
  check 'a base host' 0 -- install_host base
  check 'its services start' 0 -- start_services
  everything > "$work/at-first"

  change_to env-file 'the env file' || return 1
  everything > "$work/env-file"
  check 'env-file: podman inspect shows the secret' 0 -- shows_the_secret

  change_to podman-secret "podman's secrets" || return 1
  everything > "$work/podman-secret"
  check 'podman-secret: podman inspect does not show it' 1 -- shows_the_secret
  check 'podman-secret: no file below ~/.config holds it' 1 -- \
    as_root grep -rqF -- "$secret" "$config"
  check 'podman-secret: the quadlet generator is asked' 3 'makes both units' -- \
    datalake provision --dry-run --bucket lab-dagster-others

  change_to in-place 'the env file' || return 1
  everything > "$work/in-place"
  check 'in-place: no secret is left in podman' 0 -- \
    as_root sh -c "! grep -q datalake-s3 $home/.local/share/containers/storage/secrets/secrets.json"
  check 'in-place: no drop-in is left' 0 -- \
    as_root sh -c "[ -z \"\$(find $quadlets -name 50-datalake-s3.conf)\" ]"

  change_to env-file 'the env file' || return 1
  check 'env-file again: as the first time' 0 -- diff "$work/env-file" <(everything)

  go_back_to in-place 'in-place'
  check 'rollback to in-place: the variables are there' 0 -- given
  go_back_to podman-secret 'podman-secret'
  check 'rollback to podman-secret: the variables are there' 0 -- given
  check 'rollback to podman-secret: podman inspect does not show it' 1 -- shows_the_secret
  go_back_to env-file 'env-file'
  check 'rollback to env-file: the variables are there' 0 -- given
  go_back_to at-first 'the start'
  check 'rollback to the start: the variables are gone' 0 -- variables_are_gone
}

# A secret of ours that somebody else has made is replaced, and comes back.
secrets_by_the_user() {
  check 'by the user: a base host' 0 -- install_host base
  start_services
  as_root sh -c "printf 'not ours\nat all' > /run/foreign && chmod 644 /run/foreign"
  as_user podman secret create datalake-s3-secret-access-key /run/foreign > /dev/null
  everything > "$work/before"
  check 'by the user: provision' 0 -- \
    datalake_as_user provision --yes --handover podman-secret || return 1
  check 'by the user: both first processes have the variables' 0 -- given
  check 'by the user: nothing to do' 0 'Nothing to do' -- \
    datalake_as_user provision --yes --handover podman-secret
  check 'by the user: rollback' 0 -- datalake_as_user rollback --yes
  check 'by the user: every byte, mode, owner and secret' 0 -- diff "$work/before" <(everything)
  as_user podman secret rm datalake-s3-secret-access-key > /dev/null
  as_root rm -rf "$home/.local/state/datalake"
}

# A daemon that prints its secret and dies: nothing tells the secret, and all is as before.
dies_with_its_secrets() {
  ask_for podman-secret
  install_host base
  as_root sed -i "s/^Exec=dagster-daemon.*/Exec=sh -c 'trap \"exit 0\" TERM; [ -z \$\$AWS_REGION ] || { echo it is \$\$AWS_SECRET_ACCESS_KEY; sleep 1; exit 1; }; sleep 1000 \& wait'/" \
    "$quadlets/dagster-daemon.container"
  manager daemon-reload
  check 'dies with its secrets: up before' 0 -- start_services
  everything > "$work/before"
  check 'dies with its secrets: provision goes back' 69 'it is …' -- datalake provision --yes
  cp "$work/out" "$work/told"
  check 'dies with its secrets: the secret is not told' 1 -- grep -qF -- "$secret" "$work/told"
  check 'dies with its secrets: as before' 0 -- diff "$work/before" <(everything)
  check 'dies with its secrets: up again' 0 -- services_stay_up
}

# put FILE OWNER: a file with the text of standard input
put() {
  as_root mkdir -p "$(dirname "$1")"
  cat > "$(tree)$1"
  as_root chown -R "$2" "$(dirname "$1")"
}

hands_keys_to_all() { manager show-environment | grep -q '^AWS_'; }

install_old_values() {
  install_host base || return 1
  as_root sed -i 's/^\[Container\]$/&\nPodmanArgs=--env AWS_ACCESS_KEY_ID=old-one --tz=UTC/' \
    "$quadlets/dagster-webserver.container"
  put "$quadlets/dagster-daemon.container.d/60-theirs.conf" 900:900 <<END
[Container]
PodmanArgs=--env=AWS_REGION=old-two
END
  put "$config/environment.d/dagster-s3.conf" 900:900 <<END
# by hand
AWS_SECRET_ACCESS_KEY=old-three
END
  manager daemon-reload
}

old_values_go() {
  local roots=/etc/containers/systemd/users/dagster-webserver.container.d
  ask_for_nothing
  check 'old values: a host with some' 0 -- install_old_values
  check 'old values: the services start' 0 -- start_services
  check 'old values: the webserver has one' 0 AWS_ACCESS_KEY_ID=old-one -- \
    environment dagster-webserver
  check 'old values: all services of the user have one' 0 -- hands_keys_to_all
  everything > "$work/before"
  check 'old values: the plan tells the unit' 3 'can win over the one that datalake' -- \
    datalake provision --dry-run
  check 'old values: the plan tells environment.d' 3 'to every service of the user' -- \
    datalake provision --dry-run
  check 'old values: provision' 0 -- datalake provision --yes || return 1
  check 'old values: both first processes have the new ones' 0 -- given
  check 'old values: the other services of the user have none' 1 -- hands_keys_to_all
  check 'old values: rollback' 0 -- datalake rollback --yes
  check 'old values: as before' 0 -- diff "$work/before" <(everything)
  check 'old values: the webserver has the old one again' 0 AWS_ACCESS_KEY_ID=old-one -- \
    environment dagster-webserver

  install_host base
  start_services
  put "$roots/90-old.conf" 0:0 <<END
[Container]
PodmanArgs=--env=AWS_REGION=old-four
END
  check 'old values of root: the line is told to the user' 77 \
    "90-old.conf:2\`: the value of \`AWS_REGION\`" -- datalake_as_user provision --yes
  everything > "$work/before"
  check 'old values of root: root puts it right' 0 -- datalake provision --yes
  check 'old values of root: both first processes have the new ones' 0 -- given
  check 'old values of root: rollback' 0 -- datalake rollback --yes
  check 'old values of root: as before' 0 -- diff "$work/before" <(everything)
  as_root rm -rf /etc/containers/systemd
}
