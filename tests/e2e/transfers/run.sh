#!/bin/bash
# The transfer tests in their full sizes, against the simulator: those that `cargo xtask ci` runs
# with few seeds, few kills and small files. The debug build; about an hour and a half on two cores.
#   usage: run.sh [faults] [lost] [kills] [sizes] [names] [seeds]     in the workspace root; all without one
#   variables: SEED (0), SEEDS (50), KILLS (200), FILES (2000), SPARSE_MIB (6144)
# A run that failed is had again with its seed: SEED=17 SEEDS=1 run.sh faults
# All but `sizes` works in memory where there is room; `sizes` needs three times SPARSE_MIB of disk in
# TMPDIR. Each step prints a line; the last line counts them.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../count.sh
. "$here/../count.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-transfers.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
: "${SEED:=0}" "${SEEDS:=50}" "${KILLS:=200}" "${FILES:=2000}" "${SPARSE_MIB:=6144}"

# What is flushed to a disk takes most of the time, and what a killed process leaves behind does not
# depend on it.
memory=/dev/shm
[ -w "$memory" ] || memory=${TMPDIR:-/tmp}

# full TEXT TEST [VARIABLE=VALUE]...: one test in its full size, and the figures that it tells
full() {
  local text=$1 name=$2
  shift 2
  label="$name, seed $SEED"
  check "$text" 0 '1 passed' -- env TMPDIR="$room" DATALAKE_TEST_SEED="$SEED" "$@" "$program" \
    --exact --nocapture "$name"
  while read -r line; do info "$line"; done < <(
    grep -E '^(seed [0-9]+:|[0-9]+ (kills|attempts|of))' "$work/out"
  )
}

faults() {
  full "$SEEDS seeds, $FILES files, faults of six kinds at 5 % each" \
    transfer::faults::with_faults_of_all_kinds_it_ends_equal \
    DATALAKE_TEST_SEEDS="$SEEDS" DATALAKE_TEST_FILES="$FILES"
}
lost() {
  full "one of 200 writes of $FILES is acknowledged and lost" \
    transfer::proof::what_was_acknowledged_and_lost_is_found DATALAKE_TEST_FILES="$FILES"
  for way in denied cut; do
    full "a listing that is $way" "transfer::deletion::not_when_the_listing_is_$way"
  done
  full 'a listing whose token loops' transfer::deletion::not_when_the_listing_goes_in_circles
}
kills() {
  for way in up down; do
    full "$KILLS kills of a run $way with $FILES files" \
      "transfer::killed::a_killed_run_${way}_goes_on_and_leaves_nothing_behind" \
      DATALAKE_TEST_KILLS="$KILLS" DATALAKE_TEST_FILES="$FILES"
  done
}
sizes() {
  room=${TMPDIR:-/tmp}
  full "sizes around a part, and $SPARSE_MIB MiB with holes, there and back" \
    transfer::there_and_back::sizes_around_a_part_are_right \
    DATALAKE_TEST_SPARSE_MIB="$SPARSE_MIB"
}
seeds() {
  full "$SEEDS pairs edited at random: what is said to be equal is" \
    transfer::seeds::what_is_said_to_be_equal_is DATALAKE_TEST_SEEDS="$SEEDS"
}
names() {
  label=transfer::names
  check 'odd names and keys: back exactly, or refused with the reason' 0 ' 0 failed' -- \
    "$program" transfer::names::
}

say 'building the tests'
program=$(tests_of_the_program 2> "$work/out")
if [ ! -x "$program" ]; then
  label=transfers
  fail "the tests do not build: $(tail -1 "$work/out")"
else
  cd "$here/../.." || exit
  [ $# -gt 0 ] || set -- faults lost kills sizes names seeds
  for part in "$@"; do
    case $part in
      faults | lost | kills | sizes | names | seeds) room=$memory && "$part" ;;
      *) label=transfers && fail "no part \`$part\`" ;;
    esac
  done
fi
counted
