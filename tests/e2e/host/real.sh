# A real Dagster in a pod: Postgres, webserver, daemon and a code server in which all user code runs, with
# units in five kinds of places; to be sourced after host.sh, deps.sh, needed.sh and postgres.sh, with
# `check`, `skip` and `say`. Needs the S3 service of the lab. The packages are the real ones, downloaded
# once, outside of the lab.
# shellcheck shell=bash disable=SC2154

running=localhost/dagster:running
running_wheels=/var/lib/lab/wheels-running
yaml=$home/dagster_home/dagster.yaml
checkout=/home/ada/sales-pipelines
roots_units=/etc/containers/systemd/users/900

# Dagster with webserver and libraries for the lab's Python; kept for the next run.
running_wheelhouse() {
  local python folder
  wheelhouse || return 1
  python=$(as_root python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  folder=$cache/wheels/$python-running
  if [ ! -d "$folder" ]; then
    say "downloading Dagster $dagster_release and its webserver for Python $python"
    rm -rf "$folder.part"
    "$cache/wheels/venv/bin/pip" download --quiet --disable-pip-version-check \
      --dest "$folder.part" --only-binary=:all: --implementation cp --python-version "$python" \
      --platform "manylinux2014_$(uname -m)" --platform "manylinux_2_28_$(uname -m)" \
      "dagster==$dagster_release" "dagster-webserver==$dagster_release" \
      "dagster-graphql==$dagster_release" "dagster-aws==$library" "dagster-postgres==$library" \
      'sqlalchemy<2.1' 'boto3>=1.38' pip || return 1 # 2.1 wants another client than Dagster brings
    mv "$folder.part" "$folder"
  fi
  as_root install -d -m 755 "$running_wheels"
  cp "$folder"/*.whl "$(tree)$running_wheels/"
  chmod -R a+rX "$(tree)$running_wheels"
}

# The lab's image with Dagster's own commands in the place of the scripts. boto3 has a list of
# certificates of its own; this variable makes it trust the lab's authority.
running_image() {
  local libraries
  libraries=/usr/lib/$(uname -m)-linux-gnu
  build "$running" --volume "$libraries:/lab-libraries:ro" \
    --volume "$running_wheels:/lab-wheels:ro" << END
FROM localhost/dagster:latest
RUN set -e; \
  for name in libgcc_s.so.1 libstdc++.so.6 librt.so.1 libpthread.so.0 libdl.so.2 libm.so.6 \
    libresolv.so.2; do \
    cp -L "/lab-libraries/\$name" $libraries/; \
  done; \
  rm -r /usr/lib/python3/dist-packages/dagster; \
  rm /usr/local/bin/dagster /usr/local/bin/dagster-webserver /usr/local/bin/dagster-daemon; \
  python3 "\$(echo /lab-wheels/pip-*.whl)/pip" install --quiet --no-cache-dir --no-index \
    --find-links=/lab-wheels --break-system-packages pip "dagster==$dagster_release" \
    "dagster-webserver==$dagster_release" "dagster-aws==$library" "dagster-postgres==$library" boto3; \
  python3 -c 'import boto3, grpc, sqlalchemy, dagster_aws.s3, dagster_postgres, dagster_webserver; \
    sqlalchemy.create_engine("postgresql://a@b/c")'
ENV REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DAGSTER_DISABLE_TELEMETRY=yes
END
}

# Host `d` with these images in its units, and the code of a person's checkout.
install_running() {
  local root unit
  install_code_server || return 1
  root=$(tree)
  for unit in "${all_units[@]}"; do image_is "$unit" "$running"; done
  image_is dagster-postgres "$postgres"
  # A folder that it makes itself: the pod's `keep-id` runs it as dagster-user.
  printf '%s\n' POSTGRES_USER=dagster POSTGRES_DB=dagster PGDATA=/var/lib/postgresql/data/own \
    >> "$root$config/dagster/postgres.env"
  # The process of a run loads dagster.yaml, and so the password's variable, in the code server.
  sed -i -e 's#--module-name#--working-directory /src &#' \
    -e 's#^EnvironmentFile=.*#&\nEnvironmentFile=%h/.config/dagster/postgres.env#' \
    "$root$quadlets/$code_server.container"
  printf 'telemetry:\n  enabled: false\n' >> "$root$yaml"
  printf 'from dagster import Definitions\n\ndefs = Definitions()\n' > "$root$home/code/definitions.py"
  as_root install -d "$checkout/sales"
  : > "$root$checkout/sales/__init__.py"
  sales_assets > "$root$checkout/sales/definitions.py"
  # Whoever the pod makes of the user inside has to write there.
  as_root chmod -R a+rwX "$home/dagster_home" "$home/assets"
}

sales_assets() {
  cat << 'END'
import dagster as dg
from dagster_aws.s3 import S3PickleIOManager, S3Resource


@dg.asset
def sales():
    print("counted by the code server")
    return 41


@dg.asset
def report(sales):
    return sales + 1


bucket = S3PickleIOManager(
    s3_resource=S3Resource(endpoint_url=dg.EnvVar("DAGSTER_S3_ENDPOINT_URL")),
    s3_bucket=dg.EnvVar("DAGSTER_S3_BUCKET"),
    s3_prefix="assets",
)
defs = dg.Definitions(
    assets=[sales, report],
    jobs=[dg.define_asset_job("everything", "*")],
    resources={"io_manager": bucket},
)
END
}

with_logs() { # COMMAND…: datalake with `logs: s3`
  as_root env DATALAKE_LOGS=s3 \
    DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}

# The database first, as whoever sets a host up by hand does it. Where it does not exist yet, all in the
# pod end and begin with it until systemd has had enough.
start_all() {
  manager reset-failed > /dev/null 2>&1
  manager start dagster-postgres &&
    until_true 60 as_user podman exec dagster-postgres \
      sh -c 'exec /usr/lib/postgresql/*/bin/pg_isready -h localhost -U dagster -d dagster' &&
    restart_all
}

# The same with a list of units that counts instead of those that are found.
listed_with_logs() {
  as_root env DATALAKE_LOGS=s3 DATALAKE_HOST__UNITS=dagster-webserver,dagster-daemon \
    DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}

webserver_answers() {
  until_true 300 as_root python3 -c '
import urllib.request
urllib.request.urlopen("http://127.0.0.1:3002/server_info", timeout=2)' ||
    last_words dagster-webserver
}
code_server_answers() {
  until_true 300 as_user podman exec dagster-webserver dagster api grpc-health-check -p 4000 ||
    last_words "$code_server"
}
last_words() { # UNIT
  as_root journalctl --no-pager --output cat -n 30 "_SYSTEMD_USER_UNIT=$1.service"
  return 1
}

launch() {
  as_user podman exec dagster-webserver dagster job launch \
    -w /opt/dagster/dagster_home/workspace.yaml -l sales -j everything
}
# The end of the newest run, in Dagster's word, as Postgres has it.
run_ends() {
  as_user podman exec dagster-webserver python3 -c '
import sys, time
from dagster import DagsterInstance

with DagsterInstance.get() as instance:
    print(type(instance.run_storage).__name__)
    for _ in range(240):
        run = instance.get_runs(limit=1)[0]
        if run.is_finished:
            print(run.status.value)
            if run.status.value != "SUCCESS":
                for entry in instance.all_logs(run.run_id):
                    print(entry.user_message[-2000:])
            sys.exit(run.status.value != "SUCCESS")
        time.sleep(1)
print("it does not end")
sys.exit(1)'
}
# What a run leaves in the bucket.
keys_are_there() {
  with_logs ls --recursive "s3://$bucket/" > "$work/keys" 2>&1 || return 1
  grep -q 'assets/sales$' "$work/keys" && grep -q 'assets/report$' "$work/keys" &&
    grep -q 'compute-logs/storage/.*\.out$' "$work/keys" || { cat "$work/keys"; return 1; }
}
# The asset that read the other one from the bucket.
report_is_right() {
  with_logs cat "s3://$bucket/assets/report" |
    python3 -c 'import pickle, sys; sys.exit(pickle.load(sys.stdin.buffer) != 42)'
}
# Nothing of an earlier run is taken for one of this run.
empty_the_bucket() {
  with_logs rm --recursive --yes "s3://$bucket/assets/" "s3://$bucket/compute-logs/" > /dev/null 2>&1
  with_logs ls --recursive "s3://$bucket/" > "$work/keys" 2>&1
  ! grep -Eq 'assets/|compute-logs/' "$work/keys"
}

# All that has to do with it is sound; the application's variables for a bucket of its own are told, as ever.
code_server_is_sound() {
  with_logs doctor --json > "$work/doctor.json"
  python3 - "$work/doctor.json" << 'END'
import json, sys

with open(sys.argv[1]) as report:
    checks = {check["id"]: check["outcome"] for check in json.load(report)["data"]["checks"]}
wanted = ["host-code-servers", "containers-environment", "containers-boto3", "containers-log-manager"]
print({name: checks[name] for name in wanted})
wrong = [name for name, outcome in checks.items() if outcome == "wrong"]
print("wrong:", wrong)
sys.exit(any(checks[name] != "sound" for name in wanted) or bool(wrong))
END
}

# All that is configured: in the home, by root for the user, and in the checkout.
whole_manifest() {
  manifest
  (cd "$(tree)" && for folder in ".$roots_units" ".$checkout" ".$yaml"; do
    [ ! -e "$folder" ] || find "$folder" ! -path '*/__pycache__*' -printf '%p %y %m %U:%G %l\n'
    [ ! -e "$folder" ] || find "$folder" ! -path '*/__pycache__*' -type f -exec sha256sum {} +
  done | LC_ALL=C sort)
}

real_code_server() {
  local before=$label
  label="$label real"
  if ! running_wheelhouse > "$work/wheels.log" 2>&1; then
    skip "the whole part: no packages can be had: $(tail -1 "$work/wheels.log")"
  elif check 'an image with a Dagster that runs' 0 -- running_image &&
    check 'an image with a Postgres that runs' 0 -- postgres_image; then
    real_place 'one folder' units_in_one_folder
    real_place 'a folder below' units_in_a_folder_below
    real_place 'links to a checkout' units_linked_from_a_checkout
    real_place 'users/UID' units_of_roots
    real_place 'systemctl edit' units_edited_by_systemctl
    leave_no_real
  fi
  label=$before
}

leave_no_real() {
  manager stop "${all_units[@]}" dagster-postgres dagster-pod > /dev/null 2>&1
  as_user podman pod rm --force --all > /dev/null 2>&1
  as_user podman volume rm --force dagster-postgres-data systemd-dagster-postgres-data > /dev/null 2>&1
  as_root rm -rf /home/ada "$home/assets" "$roots_units"
}

# real_place TEXT PLACE: the host with its units where PLACE puts them, and its whole road
real_place() {
  local before=$label
  label="$label, $1"
  leave_no_real
  if check 'a pod with it' 0 -- install_running && "$2"; then
    real_run
  fi
  label=$before
}

units_in_one_folder() { manager daemon-reload; }

units_in_a_folder_below() {
  as_user sh -c "mkdir -p $quadlets/apps/dagster && mv $quadlets/*.* $quadlets/apps/dagster/" &&
    manager daemon-reload
}

# Stow's way: the folder is the user's own, each unit in it a link to what a person keeps in git.
# What lies there is that person's: a line that has to go is named, and goes by that person's hand.
units_linked_from_a_checkout() {
  local root
  root=$(tree)
  as_root sh -ec "
    mkdir $checkout/quadlets
    mv $quadlets/*.* $checkout/quadlets/
    chown -R 0:0 $checkout
    chmod -R a+rX /home/ada
    for unit in $checkout/quadlets/*; do ln -s \"\$unit\" $quadlets/; done
    chown -h 900:900 $quadlets/*"
  manager daemon-reload
  whole_manifest > "$work/before"
  check 'a line that has to go is named with the link and its target' 77 \
    "$checkout/quadlets/dagster-webserver.container" -- with_logs provision --yes
  check 'the refusal changes nothing' 0 -- diff "$work/before" <(whole_manifest)
  as_root sh -c "sed -i '/environment\.d/d' $checkout/quadlets/*.container"
  as_root rm -r "$config/environment.d"
  manager daemon-reload
  whole_manifest > "$work/before"
  check 'a list that leaves out the code server, whose runs would all fail, is refused' 78 \
    'which this plan has ask for `DAGSTER_S3_BUCKET`, and nothing gives it that' -- \
    listed_with_logs provision --yes
  check 'that refusal changes nothing either' 0 -- diff "$work/before" <(whole_manifest)
}

units_of_roots() {
  as_root sh -ec "
    mkdir -p $roots_units
    mv $quadlets/*.* $roots_units/
    chown -R 0:0 $roots_units"
  manager daemon-reload
}

edit_unit() { # UNIT: its drop-in of `systemctl edit`, from standard input
  as_user systemctl --user edit --stdin "$1.service"
}

units_edited_by_systemctl() {
  manager daemon-reload
  edit_unit "$code_server" > /dev/null 2>&1 <<< '[Service]
EnvironmentFile='
  whole_manifest > "$work/before"
  check 'an edit that undoes the settings is named' 78 \
    "$config/systemd/user/$code_server.service.d/override.conf\`, line " -- with_logs provision --yes
  check 'the refusal changes nothing' 0 -- diff "$work/before" <(whole_manifest)
  edit_unit "$code_server" > /dev/null 2>&1 <<< '[Service]
Nice=5
Environment=SALES_MODE=full'
  check 'an edit that changes nothing of them counts' 0 -- is_state "$code_server" Nice 5
}

real_run() {
  check 'all start' 0 -- start_all || return 1
  check 'the webserver answers' 0 -- webserver_answers || return 1
  check 'the code server answers' 0 -- code_server_answers || return 1
  whole_manifest > "$work/before"
  there_by_provision && run_in_the_code_server
  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(whole_manifest)
  check 'all restart as before' 0 -- restart_all
  check 'the webserver answers as before' 0 -- webserver_answers
}

there_by_provision() {
  check 'discover finds the code server' 0 "$code_server: gets the settings, it runs user code" -- \
    as_root datalake discover
  check 'provision with nothing but a region and a bucket' 0 -- with_logs provision --yes || return 1
  check 'all have the new variables' 0 "$code_server: " -- new_variables_are_there
  check 'status in step' 0 -- with_logs status
  check 'the webserver answers again' 0 -- webserver_answers || return 1
  check 'the code server answers again' 0 -- code_server_answers
}

run_in_the_code_server() {
  empty_the_bucket
  check 'a run is launched' 0 -- launch || return 1
  check 'it ends well, as Postgres has it' 0 PostgresRunStorage -- run_ends
  check 'its assets and logs are in the bucket' 0 -- keys_are_there
  check 'what one asset read of the other is right' 0 -- report_is_right
  check 'doctor finds that the code server gets the settings' 0 -- code_server_is_sound
}
