# The generated asset in the real Dagster calls the deployed function; sourced by run.sh.

install_dagster() {
  [ -f "$cache/dagster/whole" ] && return 0
  echo 'installing Dagster' >&2
  python3 -m venv --clear "$cache/dagster" &&
    "$cache/dagster/bin/pip" install --quiet --disable-pip-version-check dagster dagster-aws \
      'boto3>=1.38' modal==1.6.4 >&2 && touch "$cache/dagster/whole"
}

# A host with the usual units, below the lane's folder.
host_with_units() {
  local units=$work/host/var/lib/dagster/.config/containers/systemd
  echo "dagster-user:x:$(id -u):$(id -g)::/var/lib/dagster:/usr/sbin/nologin" \
    > "$work/host/etc/passwd"
  mkdir -p "$units"
  cp "$here"/../../fixtures/quadlets/base/* "$units"
}

# materialize FILE ASSET: with what the env file hands over, and no other variable of the lane's
materialize() {
  local variables
  mapfile -t variables < <(grep -v '^#' "$env_file")
  env -i PATH=/usr/bin:/bin HOME="$work/home" NO_PROXY=127.0.0.1 DAGSTER_HOME="$work/dagster" \
    DAGSTER_DISABLE_TELEMETRY=yes MODAL_SERVER_URL="$MODAL_SERVER_URL" "${variables[@]}" \
    "$cache/dagster/bin/dagster" asset materialize -f "$1" --select "$2"
}

with_dagster() {
  label='dagster'
  install_dagster || { skip 'Dagster cannot be installed'; return 0; }
  local env_file=$work/host/var/lib/dagster/.config/datalake/s3.env
  mkdir -p "$work/dagster"
  # The same as Dagster's containers have; it can tell that nothing else is in the secret.
  use 1.6.4
  label='dagster'
  host_with_units
  sed -i 's/^modal: {/modal: { token: env,/' "$work/datalake.yaml"
  check 'provision, with a token for the containers' 0 '' -- lake provision --yes
  check 'the env file hands it over' 0 'MODAL_TOKEN_SECRET=as-lane' -- cat "$env_file"
  holds 'Modal has the secret without it' \
    "'AWS_ACCESS_KEY_ID' in secrets['main/hetzner-s3'] and not [k for k in secrets['main/hetzner-s3'] if k.startswith('MODAL_')]"
  DATALAKE_BUCKET=lane-second-assets check 'other values' 0 '' -- lake provision --yes
  holds 'Modal has them' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-second-assets')"
  check 'rollback brings the old ones back' 0 'restore in Modal' -- lake rollback --yes
  holds 'from the kept copy of the env file' \
    "secrets['main/hetzner-s3']['DAGSTER_S3_BUCKET'] == sha('lane-modal-assets')"
  check 'nothing is left to do' 0 'In step' -- lake status
  check 'the secret is deleted' 0 'has no secret' -- lake modal secret delete --yes
  check 'rollback of that makes it anew' 0 'restore in Modal' -- lake rollback --yes
  check 'nothing is left to do again' 0 'In step' -- lake status
  check 'the project of dagster init' 0 -- lake dagster init --layout single-file "$work/project"
  check 'modal init beside it' 0 -- lake modal init "$work/project"
  check 'the functions are deployed' 0 -- lake modal deploy "$work/project/modal_functions.py"
  check 'the asset with the rows' 0 'RUN_SUCCESS' -- \
    materialize "$work/project/example_s3_assets.py" modal_input
  check 'the asset that Modal computes' 0 'RUN_SUCCESS' -- \
    materialize "$work/project/modal_assets.py" modal_processed
  check 'its result is in the bucket' 0 '"rows": 5' -- "$cache/dagster/bin/python" -c '
import boto3
print(boto3.client("s3").get_object(Bucket="lane-modal-assets", Key="modal/processed.json")["Body"].read().decode())'
  check 'rollback takes the token out of the host and the secret out of Modal' 0 '' -- \
    lake rollback --yes
  check 'the env file is gone' 1 '' -- test -e "$env_file"
  holds 'the secret, too' "'main/hetzner-s3' not in secrets"
}
