# SIGKILL at every named point of the steps that touch services, to be sourced after host.sh, with
# `check`, `pass` and `fail`. The points of all other steps are met in a sandbox (tests/it/kills.rs).
# shellcheck shell=bash disable=SC2154

kills_at_the_services() {
  local before=$label restart prove
  label="$label kills"
  check 'a base host' 0 -- install_host base
  start_services
  services_are_up
  manifest > "$work/start"
  datalake provision --dry-run > "$work/plan" 2>&1
  restart=$(sed -nE 's/^ *([0-9]+)\. restart .*/\1/p' "$work/plan")
  prove=$((restart + 1))
  killed_and provision "intent-recorded:$restart"
  killed_and rollback "intent-recorded:$restart"
  killed_and provision units-reloaded:1
  killed_and rollback units-reloaded:1
  killed_and provision services-ordered:1
  killed_and rollback services-ordered:1
  killed_and provision "action-done:$restart"
  killed_and rollback "outcome-recorded:$restart"
  killed_and provision "intent-recorded:$prove"
  killed_and rollback "action-done:$prove"
  killed_and provision receipt-written:1
  killed_on_the_way_back units-reloaded:1
  killed_on_the_way_back services-ordered:1
  label=$before
}

killed() { # PLACE WORDS…
  local place=$1
  shift
  kill_at=$place datalake "$@" --yes
}

# killed_and COMMAND PLACE: provision is killed at PLACE; COMMAND brings about its exact end.
killed_and() {
  check "at $2" 137 -- killed "$2" provision || return
  if [ "$1" = provision ]; then
    check "at $2: provision ends well" 0 -- datalake provision --yes
    check "at $2: both have the variables" 0 'dagster-daemon: ' -- variables_are_there
    check "at $2: nothing is left to do" 0 'Nothing to do' -- datalake provision --yes
  fi
  at_the_start "at $2, then $1"
}

killed_on_the_way_back() { # PLACE
  check "back, at $1: provision" 0 -- datalake provision --yes
  check "back, at $1" 137 -- killed "$1" rollback || return
  at_the_start "back, at $1"
}

# A rollback leads to the start: files, services, and no variable in any container.
at_the_start() { # TEXT
  check "$1: rollback" 0 -- datalake rollback --yes
  check "$1: every byte, mode and owner is back" 0 -- diff "$work/start" <(manifest)
  check "$1: both run" 0 -- services_are_up
  check "$1: without variables" 0 -- variables_are_gone
  check "$1: no run is left" 0 'Nothing to undo' -- datalake rollback --yes
}
