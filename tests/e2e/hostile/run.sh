#!/bin/bash
# Root's commands against a home that its owner has made hostile: links, pipes, sockets, devices, hard
# links, sparse files, files for folders and folders for files, and things that are exchanged while
# they are looked at. Needs root and Python 3, no network; the debug build; about half an hour.
#   usage: run.sh [WORD]...     only arrangements whose line holds a WORD
#   variables: DATALAKE (a program that is built already)
# Each arrangement prints a line; the last line counts them.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../count.sh
. "$here/../count.sh"
label=hostile
if [ "$(id -u)" != 0 ]; then
  skip "all of it: only root can be led astray by another user"
  counted
  exit
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/datalake-hostile.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
chmod 755 "$work"
if [ -z "${DATALAKE:-}" ]; then
  cargo build --quiet --package datalake-cli --locked || exit 1
  DATALAKE=$PWD/target/debug/datalake
fi
while IFS= read -r line; do
  echo "$line"
  case $line in
    'ok '*) passed=$((passed + 1)) ;;
    'FAIL '*) failed=$((failed + 1)) ;;
    'skip '*) skipped=$((skipped + 1)) ;;
  esac
done < <(python3 "$here/hostile.py" "$DATALAKE" "$work" "$@" 2>&1 || echo "FAIL  $label: the lane ended early")
counted
