#!/bin/bash
# Gives the drop-ins, blocks and repairs of datalake to the real quadlet generators of two podman
# versions (Debian trixie and sid), then asks them about 200 random hosts before and after a
# provision. Run in the workspace root. Needs apt, dpkg and a network once; the generators stay in
# target/e2e/quadlet.
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
cargo run --quiet --package datalake-tests --example e2e_quadlet -- "${generators[@]}"
cargo build --quiet --package datalake-cli
exec cargo run --quiet --package datalake-tests --example e2e_hosts -- \
    "${CARGO_TARGET_DIR:-target}/debug/datalake" "${generators[@]}"
