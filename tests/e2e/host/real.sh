# A real Dagster in a pod: webserver, daemon and a code server in which all user code runs; to be sourced
# after host.sh, deps.sh and needed.sh, with `check`, `skip` and `say`. Needs the S3 service of the lab.
# The packages are the real ones, downloaded once, outside of the lab; Dagster keeps its runs in SQLite,
# as there is no Postgres but the lab's own script.
# shellcheck shell=bash disable=SC2154

running=localhost/dagster:running
yaml=$home/dagster_home/dagster.yaml

# Dagster with webserver and library for the lab's Python; kept for the next run.
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
      "dagster-graphql==$dagster_release" "dagster-aws==$library" 'boto3>=1.38' pip || return 1
    mv "$folder.part" "$folder"
  fi
  cp "$folder"/*.whl "$(tree)$lab_wheels/"
  chmod -R a+rX "$(tree)$lab_wheels"
}

# The lab's image with Dagster's own commands in the place of the scripts. boto3 has a list of
# certificates of its own; the variable makes it trust the lab's authority.
running_image() {
  local libraries
  libraries=/usr/lib/$(uname -m)-linux-gnu
  build "$running" --volume "$libraries:/lab-libraries:ro" \
    --volume "$lab_wheels:/lab-wheels:ro" << END
FROM localhost/dagster:latest
RUN set -e; \
  for name in libgcc_s.so.1 libstdc++.so.6 librt.so.1 libpthread.so.0 libdl.so.2 libm.so.6; do \
    cp -L "/lab-libraries/\$name" $libraries/; \
  done; \
  rm -r /usr/lib/python3/dist-packages/dagster; \
  rm /usr/local/bin/dagster /usr/local/bin/dagster-webserver /usr/local/bin/dagster-daemon; \
  python3 "\$(echo /lab-wheels/pip-*.whl)/pip" install --quiet --no-cache-dir --no-index \
    --find-links=/lab-wheels --break-system-packages pip "dagster==$dagster_release" \
    "dagster-webserver==$dagster_release" "dagster-aws==$library" boto3
ENV AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt DAGSTER_DISABLE_TELEMETRY=yes
END
}

# Host `d` with that image in all three units, runs in SQLite, and the code of a person's checkout.
install_running() {
  local root unit
  install_code_server || return 1
  root=$(tree)
  for unit in "${all_units[@]}"; do image_is "$unit" "$running"; done
  sed -i 's#--module-name#--working-directory /src &#' "$root$quadlets/$code_server.container"
  sed -i '/^storage:/,/^run_launcher:/{/^run_launcher:/!d}' "$root$yaml"
  printf 'telemetry:\n  enabled: false\n' >> "$root$yaml"
  printf 'from dagster import Definitions\n\ndefs = Definitions()\n' > "$root$home/code/definitions.py"
  as_root install -d /home/ada/sales-pipelines/sales
  : > "$root/home/ada/sales-pipelines/sales/__init__.py"
  cat > "$root/home/ada/sales-pipelines/sales/definitions.py" << 'END'
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
  # Whoever the pod makes of the user inside has to write there.
  as_root chmod -R a+rwX "$home/dagster_home" "$home/assets"
  manager daemon-reload
}

with_logs() { # COMMAND…: datalake with `logs: s3`
  as_root env DATALAKE_LOGS=s3 \
    DATALAKE_ENDPOINT="$endpoint" DATALAKE_REGION=fsn1 DATALAKE_BUCKET="$bucket" \
    AWS_ACCESS_KEY_ID="$access" AWS_SECRET_ACCESS_KEY="$secret" datalake --no-input "$@"
}

webserver_answers() {
  until_true 90 as_root python3 -c '
import urllib.request
urllib.request.urlopen("http://127.0.0.1:3002/server_info", timeout=2)'
}
code_server_answers() {
  until_true 90 as_user podman exec dagster-webserver dagster api grpc-health-check -p 4000
}

launch() {
  as_user podman exec dagster-webserver dagster job launch \
    -w /opt/dagster/dagster_home/workspace.yaml -l sales -j everything
}
# The end of the newest run, in Dagster's word.
run_ends() {
  as_user podman exec dagster-webserver python3 -c '
import sys, time
from dagster import DagsterInstance

with DagsterInstance.get() as instance:
    for _ in range(180):
        run = instance.get_runs(limit=1)[0]
        if run.is_finished:
            print(run.status.value)
            sys.exit(run.status.value != "SUCCESS")
        time.sleep(1)
print("it does not end")
sys.exit(1)'
}
# What the run has left in the bucket.
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

real_code_server() {
  local before=$label
  label="$label real"
  if ! running_wheelhouse > "$work/wheels.log" 2>&1; then
    skip "the whole part: no packages can be had: $(tail -1 "$work/wheels.log")"
  elif check 'an image with a Dagster that runs' 0 -- running_image; then
    real_run
    manager stop "${all_units[@]}" > /dev/null 2>&1
    as_root rm -rf /home/ada "$home/assets"
  fi
  label=$before
}

real_run() {
  check 'a pod with it' 0 -- install_running || return 1
  check 'all start' 0 -- restart_all || return 1
  check 'the webserver answers' 0 -- webserver_answers || return 1
  check 'the code server answers' 0 -- code_server_answers || return 1
  manifest > "$work/before"
  cp -p "$(tree)$yaml" "$work/dagster.yaml"
  check 'doctor names the code server' 3 "\`$code_server\` is given the bucket \`lake\`" -- \
    with_logs doctor --only host

  check 'provision with its unit' 0 -- with_logs provision --yes --unit "$code_server" || return 1
  check 'the webserver answers again' 0 -- webserver_answers || return 1
  check 'the code server answers again' 0 -- code_server_answers || return 1
  check 'a run is launched' 0 -- launch || return 1
  check 'and ends well in the code server' 0 SUCCESS -- run_ends
  check 'its assets and logs are in the bucket' 0 -- keys_are_there
  check 'what one asset read of the other is right' 0 -- report_is_right
  check 'doctor finds that the code server gets the settings' 0 -- code_server_is_sound

  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'dagster.yaml as before' 0 -- cmp "$work/dagster.yaml" "$(tree)$yaml"
  check 'all restart as before' 0 -- restart_all
}

code_server_is_sound() {
  with_logs --unit "$code_server" doctor --json |
    python3 -c '
import json, sys

checks = {check["id"]: check["outcome"] for check in json.load(sys.stdin)["data"]["checks"]}
wanted = ["host-code-servers", "containers-environment", "containers-boto3", "containers-log-manager"]
found = {name: checks[name] for name in wanted}
print(found)
sys.exit(any(outcome != "sound" for outcome in found.values()))'
}
