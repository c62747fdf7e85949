# What boto3 does on the oldest gateway over https without the two settings of the env file.
# shellcheck source=instance.sh
. "$here/instance.sh"

part_checksums() {
  label=checksums
  if ! install_ceph || ! start_ceph lake-checksums; then
    skip 'the gateway does not start here'
    stop_store
    return
  fi
  label="checksums, $store"
  make_instance checksums
  check 'dagster init' 0 -- "$program" dagster init --layout single-file "$project"
  check 'provision' 0 -- on_host provision --yes
  check 'with the env file an asset is kept' 0 RUN_SUCCESS -- materialized
  case $store in
    'Ceph 16.'*)
      check 'without the two settings it is not' 1 MissingContentLength -- \
        materialized AWS_REQUEST_CHECKSUM_CALCULATION AWS_RESPONSE_CHECKSUM_VALIDATION &&
        info "$(grep -m1 -o 'ClientError: .*MissingContentLength.*' "$work/out")"
      check 'the one for requests is what matters' 0 RUN_SUCCESS -- \
        materialized AWS_RESPONSE_CHECKSUM_VALIDATION
      ;;
    *) skip "without the two settings: the known fault is one of Ceph 16, this is $store" ;;
  esac
  check 'what is kept has no false encoding' 0 -- objects plain assets/raw_data
  stop_store
}

# materialized [VARIABLE...]: one asset, in an environment without these variables
materialized() {
  local name unset=()
  for name in "$@"; do unset+=(-u "$name"); done
  with_settings env "${unset[@]}" dagster asset materialize -f "$project/example_s3_assets.py" \
    --select raw_data
}
