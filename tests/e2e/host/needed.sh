# What others need is not taken away: a pod with a code server, whose units all require one file of
# environment.d; to be sourced after host.sh, with `check`. Needs the S3 service of the lab.
# shellcheck shell=bash disable=SC2154

code_server=sales-pipelines
old_file=$config/environment.d/dagster-s3.conf

# Host `d` of tests/fixtures/hosts, with one image for all user code.
install_code_server() {
  local root fixture=$here/../../fixtures/hosts/d/home
  install_host base || return 1
  root=$(tree)
  rm -rf "$root$quadlets" "$root$config/environment.d"
  cp -r "$fixture/config/." "$root$config"
  cp "$fixture/dagster_home/"* "$root$home/dagster_home"
  as_root install -d -o 900 -g 900 "$home/assets" "$home/code"
  as_root install -d /home/ada/sales-pipelines
  as_root chown -R 900:900 "$config" "$home/dagster_home"
  as_user podman tag localhost/dagster:latest localhost/$code_server:latest || return 1
  manager daemon-reload
}

all_units=(dagster-webserver dagster-daemon "$code_server")

# Each of them has what it had from the old file, or what it has from datalake's.
old_variables_are_there() {
  local unit
  for unit in "${all_units[@]}"; do
    environment "$unit" | grep -qx 'AWS_ACCESS_KEY_ID=OLDOLDOLDOLDOLDOLD01' || return 1
  done
}
new_variables_are_there() {
  local services=("${all_units[@]}")
  variables_are_there
}
# datalake with a list of units that counts instead of those that are found
listed() {
  as_root env DATALAKE_HOST__UNITS=dagster-webserver,dagster-daemon \
    DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}
restart_all() { manager restart "${all_units[@]}"; }

needed_by_others() {
  local before=$label
  label="$label needed"
  code_server_in_a_pod
  manager stop "${all_units[@]}" dagster-postgres dagster-pod > /dev/null 2>&1
  as_root rm -rf /home/ada "$home/assets"
  label=$before
}

code_server_in_a_pod() {
  check 'a code server in a pod' 0 -- install_code_server || return 1
  check 'a code server in a pod: all start' 0 -- restart_all || return 1
  check 'a code server in a pod: all have the old variables' 0 -- old_variables_are_there
  manifest > "$work/before"
  check 'a list that leaves it out: provision names the unit, the file and the line' 78 \
    "$quadlets/$code_server.container\`, line " -- listed provision --yes
  check 'the refusal changes nothing' 0 -- diff "$work/before" <(manifest)
  check 'the file is still there' 0 -- as_root test -s "$old_file"
  check 'after the refusal all restart' 0 -- restart_all
  check 'after the refusal all have the old variables' 0 -- old_variables_are_there
  check 'doctor names it' 3 "$code_server.container" -- listed doctor --only host

  check 'a list and the unit that it leaves out' 3 "$code_server.container.d" -- \
    listed provision --dry-run --unit "$code_server"
  check 'without a list it is found' 0 -- datalake provision --yes || return 1
  check 'the old file is gone' 1 -- as_root test -e "$old_file"
  check 'no unit names it any more' 1 -- as_root grep -rq environment.d "$quadlets"
  check 'all restart without it' 0 -- restart_all
  check 'all have the new variables' 0 "$code_server: " -- new_variables_are_there
  check 'the code server uses the bucket from inside' 0 deleted -- canary "$code_server"

  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'all restart as before' 0 -- restart_all
  check 'all have the old variables again' 0 -- old_variables_are_there
}
