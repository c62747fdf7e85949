# The generated asset in the real Dagster calls the deployed function; sourced by run.sh.

install_dagster() {
  [ -f "$cache/dagster/whole" ] && return 0
  echo 'installing Dagster' >&2
  python3 -m venv --clear "$cache/dagster" &&
    "$cache/dagster/bin/pip" install --quiet --disable-pip-version-check dagster dagster-aws \
      'boto3>=1.38' modal==1.6.4 >&2 && touch "$cache/dagster/whole"
}

materialize() { # materialize FILE ASSET
  env DAGSTER_HOME="$work/dagster" DAGSTER_DISABLE_TELEMETRY=yes \
    AWS_REQUEST_CHECKSUM_CALCULATION=when_required AWS_RESPONSE_CHECKSUM_VALIDATION=when_required \
    DAGSTER_S3_BUCKET=lane-modal-assets DAGSTER_S3_ENDPOINT_URL="$AWS_ENDPOINT_URL_S3" \
    DAGSTER_S3_REGION="$AWS_DEFAULT_REGION" \
    "$cache/dagster/bin/dagster" asset materialize -f "$1" --select "$2"
}

with_dagster() {
  label='dagster'
  install_dagster || { skip 'Dagster cannot be installed'; return 0; }
  mkdir -p "$work/dagster"
  rm -rf "$work/state"
  ends "$plane"
  start_plane
  check 'the secret' 0 -- lake modal secret sync --yes
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
}
