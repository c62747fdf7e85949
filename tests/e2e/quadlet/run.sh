#!/bin/bash
# Gives the drop-ins, blocks and repairs of datalake to the real quadlet generators of two podman
# versions (Debian trixie and sid). Run in the workspace root. Needs apt, dpkg and a network once;
# the generators stay in target/e2e/quadlet.
set -euo pipefail
here=$(dirname "$0")
cache=${CARGO_TARGET_DIR:-target}/e2e/quadlet
generators=()
for suite in trixie sid; do
    if [ ! -x "$cache/$suite/quadlet" ]; then
        echo "fetching the generator of $suite" >&2
        "$here/get-quadlet.sh" "$cache/$suite" "$suite" >&2
    fi
    generators+=("$cache/$suite/quadlet")
done
exec cargo run --quiet --package datalake-tests --example e2e_quadlet -- "${generators[@]}"
