# The generated project, in both layouts, with dagster-webserver and dagster-daemon.
part_project() {
  on_each_store lake-project the_store_answers
}

the_store_answers() {
  check 'the bucket answers boto3' 0 -- bucket_stays
}
