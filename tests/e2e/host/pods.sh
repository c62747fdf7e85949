# A pod in which nothing but webserver and daemon lives: podman ends it with the last of them, so a restart of
# both empties it; to be sourced after host.sh, with `check`. Needs the S3 service of the lab.
# shellcheck shell=bash disable=SC2154

install_pod_of_two() {
  local root unit
  install_host base || return 1
  root=$(tree)
  rm "$root$quadlets"/dagster-postgres.* "$root$quadlets/dagster.network"
  for unit in "${services[@]}"; do
    sed -i -e '/^Requires=/d' -e '/^After=/d' -e '/^PublishPort=/d' \
      -e 's/^Network=.*/Pod=dagster.pod/' "$root$quadlets/$unit.container"
  done
  printf '%s\n' '[Pod]' PodName=dagster PublishPort=127.0.0.1:3002:3000 \
    > "$root$quadlets/dagster.pod"
  # One more, that the operator has stopped.
  sed -e 's/^ContainerName=.*/ContainerName=dagster-notebook/' \
    -e "s/^Exec=.*/Exec=sh -c 'trap \"exit 0\" TERM; sleep 2147483647 \\& wait'/" -e '/^Environment=DAGSTER_HOME/d' \
    "$root$quadlets/dagster-daemon.container" > "$root$quadlets/dagster-notebook.container"
  as_root chown -R 900:900 "$config"
  manager daemon-reload
}

pod_of_two() {
  local before=$label
  label="$label pod"
  check 'a pod of webserver and daemon' 0 -- install_pod_of_two || return 1
  start_services
  manager stop dagster-notebook
  check 'both run and answer' 0 -- services_are_up
  manifest > "$work/before"
  check 'provision' 0 -- datalake provision --yes
  check 'the services stay up' 0 -- services_stay_up
  check 'both first processes have the variables' 0 'dagster-daemon: ' -- variables_are_there
  check 'what was stopped is stopped again' 0 inactive -- \
    manager show -P ActiveState dagster-notebook
  check 'dagster restart' 0 -- as_root datalake dagster restart
  check 'status in step' 0 -- datalake status
  check 'rollback' 0 -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'the services stay up without S3' 0 -- services_stay_up
  check 'the variables are gone from both' 0 -- variables_are_gone
  manager stop "${services[@]}" dagster-notebook dagster-pod > /dev/null 2>&1
  label=$before
}
