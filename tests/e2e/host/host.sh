# Functions for the Dagster host in a lab, to be sourced: $here (this folder), $suite, $target (of
# cargo) and $work (a folder to write in) are set.
# shellcheck shell=bash disable=SC2154
home=/var/lib/dagster
config=$home/.config
quadlets=$config/containers/systemd
services=(dagster-webserver dagster-daemon)
endpoint=https://s3.lab.test
bucket=lab-dagster-assets
# What the operator's environment has beside that.
operator=()

lab() { bash "$here/lab.sh" "$@"; }
as_root() { lab run "$suite" "$@"; }
as_user() { lab user "$suite" "$@"; }
manager() { as_root systemctl --user -M dagster-user@ "$@"; }
# Where the lab's root tree lies, seen from outside.
tree() { lab root "$suite"; }

# The operator's call: as root, with the address, the region, the bucket and the keys; killed at the
# checkpoint $kill_at, if there is one.
datalake() {
  as_root env ${kill_at:+DATALAKE_TEST_KILL="$kill_at"} \
    DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" "${operator[@]}" \
    datalake --no-input "$@"
}

# The same as dagster-user itself, without root.
datalake_as_user() {
  as_user env DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}

# until_true SECONDS COMMAND…: again and again, until it succeeds
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

install_program() {
  install -m 755 "${PROGRAM:-$target/debug/datalake}" "$(tree)/usr/local/bin/datalake"
}

# The S3 service: the built-in one, on loopback with the lab's certificate, handed on to an address
# that containers of every network reach (README.md). Sets $access and $secret.
start_s3() {
  local printed
  as_root sh -ec '
    mkdir -p /var/lib/lab/s3
    cp /etc/lab/certificate.pem /var/lib/lab/s3/server.pem
    cp /etc/lab/certificate.key /var/lib/lab/s3/server.key
    printf "%s\n" "LABKEY00000000000001 labLabLabLabLabLabLabLabLabLabLabLab0001" \
      "ROTATED0000000000002 rotatedRotatedRotatedRotatedRotated00002" > /var/lib/lab/keys
    systemd-run --quiet --unit lab-s3 --property=StandardOutput=file:/run/lab-s3.env \
      datalake --sandbox=/var/lib/lab sandbox --tls --port 9443 --keys /var/lib/lab/keys
    systemd-run --quiet --unit lab-s3-way --socket-property=ListenStream=10.99.0.1:443 \
      /usr/lib/systemd/systemd-socket-proxyd 127.0.0.1:9443
  '
  until_true 20 as_root grep -q SECRET /run/lab-s3.env || return 1
  printed=$(as_root cat /run/lab-s3.env)
  access=$(sed -n 's/^export AWS_ACCESS_KEY_ID=//p' <<< "$printed")
  secret=$(sed -n 's/^export AWS_SECRET_ACCESS_KEY=//p' <<< "$printed")
}

# install_host SET: the home of dagster-user as SET of tests/fixtures/quadlets describes it, services
# up and nothing left of an earlier run.
install_host() {
  local set=$1 root
  root=$(tree)
  as_root systemctl start network-online.target
  as_root loginctl enable-linger dagster-user
  until_true 60 as_root systemctl is-active user@900.service || return 1
  until_true 60 manager is-active default.target || return 1
  # The pod's unit with the rest: where podman alone takes its pod away, systemd starts it anew, with all
  # that was in it.
  manager stop "${services[@]}" dagster-postgres dagster-pod > /dev/null 2>&1
  as_user podman pod rm --force --time 1 --all > /dev/null
  as_user podman rm --force --time 1 --all > /dev/null
  rm -rf "$root$config" "$root/var/lib/datalake"
  as_root install -d -o 900 -g 900 -m 700 "$config" "$config/dagster"
  as_root install -d -o 900 -g 900 -m 755 "$config/containers" "$quadlets" \
    "$home/code" "$home/dagster_home"
  cp -r "$here/../../fixtures/quadlets/$set/." "$root$quadlets"
  echo POSTGRES_PASSWORD=lab > "$root$config/dagster/postgres.env"
  as_root chmod 600 "$config/dagster/postgres.env"
  as_root chown -R 900:900 "$config"
  manager reset-failed > /dev/null 2>&1
  manager daemon-reload
}

start_services() { manager start "${services[@]}"; }

# Both services run, and the webserver answers on its published port.
services_are_up() {
  local service
  for service in "${services[@]}"; do
    [ "$(manager show -P ActiveState "$service")" = active ] || return 1
    [ "$(as_user podman container inspect -f '{{.State.Running}}' "$service")" = true ] || return 1
  done
  until_true 10 as_root python3 -c '
import urllib.request
urllib.request.urlopen("http://127.0.0.1:3002/server_info", timeout=2)'
}

# The services keep running: the same start of each for four seconds. `restart` says nothing of it.
services_stay_up() {
  local before
  before=$(manager show -p InvocationID,NRestarts "${services[@]}")
  for _ in 1 2 3 4; do
    sleep 1
    services_are_up || return 1
  done
  [ "$(manager show -p InvocationID,NRestarts "${services[@]}")" = "$before" ]
}

# environment CONTAINER: the S3 variables of its first process. `podman exec … env` would show what
# a next start gives.
environment() {
  local pid
  pid=$(as_user podman container inspect -f '{{.State.Pid}}' "$1") &&
    as_root cat "/proc/$pid/environ" | tr '\0' '\n' | grep -E '^(AWS|DAGSTER_S3|DUCKDB_S3)_' |
    LC_ALL=C sort
}

# Each container's first process has the variables of the env file, all of them and no others.
variables_are_there() {
  local service
  grep -v '^#' "$(tree)$config/datalake/s3.env" | LC_ALL=C sort > "$work/expected"
  [ "$(wc -l < "$work/expected")" -ge 5 ] || return 1
  for service in "${services[@]}"; do
    environment "$service" | diff "$work/expected" - || return 1
    echo "$service: $(wc -l < "$work/expected") variables as in the env file"
  done
}

variables_are_gone() {
  local service
  for service in "${services[@]}"; do
    [ -z "$(environment "$service")" ] || return 1
  done
}

# A program inside a container, with nothing but its first process's environment, uses the bucket.
canary() { # CONTAINER
  as_user podman exec -i "$1" python3 - < "$here/canary.py"
}

# Names, kinds, modes, owners, link targets and contents of all that is configured.
manifest() {
  (cd "$(tree)$home" && find .config -printf '%p %y %m %U:%G %l\n' | LC_ALL=C sort &&
    find .config -type f -exec sha256sum {} + | LC_ALL=C sort)
}
