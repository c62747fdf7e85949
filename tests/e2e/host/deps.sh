# `datalake dagster deps …` on a host of the lab, to be sourced after host.sh and dagster.sh, with
# `check`, `pass`, `fail` and `skip`. The packages are the real ones: they are downloaded once, outside
# of the lab, which has no network, and installed with `--wheels`.
# shellcheck shell=bash disable=SC2154

# Where the lab has the wheels, and an image with a real Dagster.
lab_wheels=/var/lib/lab/wheels
real=localhost/dagster:real

# The Dagster that runs on the lab's Python, and its library.
releases() { # PYTHON
  case $1 in
  3.1[0-3]) echo 1.12.6 0.28.6 ;;
  *) echo 1.13.27 0.29.27 ;;
  esac
}

# Dagster, its library, boto3 and pip with all that they need, for the lab's Python; kept for the next
# run. Sets $dagster_release and $library.
wheelhouse() {
  local python folder
  python=$(as_root python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  read -r dagster_release library <<< "$(releases "$python")"
  folder=$cache/wheels/$python
  if [ ! -d "$folder" ]; then
    say "downloading Dagster $dagster_release for Python $python"
    rm -rf "$folder.part"
    mkdir -p "$cache/wheels"
    python3 -m venv "$cache/wheels/venv" &&
      "$cache/wheels/venv/bin/pip" download --quiet --disable-pip-version-check \
        --dest "$folder.part" --only-binary=:all: --implementation cp --python-version "$python" \
        --platform "manylinux2014_$(uname -m)" --platform "manylinux_2_28_$(uname -m)" \
        "dagster==$dagster_release" "dagster-aws==$library" 'boto3>=1.38' pip || return 1
    mv "$folder.part" "$folder"
  fi
  as_root install -d -m 755 /var/lib/lab "$lab_wheels"
  cp "$folder"/*.whl "$(tree)$lab_wheels/"
  chmod -R a+rX "$(tree)$lab_wheels"
}

# build NAME [FLAG…]: an image of dagster-user from a Containerfile on standard input
build() {
  local name=$1
  shift
  as_user podman build --quiet --format=docker --layers=false --network=none "$@" --tag "$name" -
}

# The image of the lab with a Dagster that can be imported, a user and a health check. Its commands
# stay the lab's own.
real_image() {
  local libraries
  libraries=/usr/lib/$(uname -m)-linux-gnu
  build "$real" --volume "$libraries:/lab-libraries:ro" \
    --volume "$lab_wheels:/lab-wheels:ro" <<END
FROM localhost/dagster:latest
RUN set -e; \
  for name in libgcc_s.so.1 libstdc++.so.6 librt.so.1 libpthread.so.0 libdl.so.2 libm.so.6; do \
    cp -L "/lab-libraries/\$name" $libraries/; \
  done; \
  rm -r /usr/lib/python3/dist-packages/dagster; \
  cp /usr/local/bin/dagster-daemon /tmp/; \
  python3 "\$(echo /lab-wheels/pip-*.whl)/pip" install --quiet --no-cache-dir --no-index \
    --find-links=/lab-wheels --break-system-packages pip "dagster==$dagster_release"; \
  mv /tmp/dagster-daemon /usr/local/bin/; \
  echo dagster:x:1000:1000::/tmp:/bin/sh >> /etc/passwd
HEALTHCHECK CMD true
USER dagster
END
}

# The same with a daemon that ends as soon as it finds the library.
real_image_dies() {
  build localhost/dagster:real-dies <<END
FROM $real
USER root
RUN printf '%s\\n' '#!/bin/sh' \\
  'python3 -c "import importlib.metadata as m; m.version(\\"dagster-aws\\")" 2> /dev/null && exit 1' \\
  'trap "kill \$!; exit 0" TERM INT' 'sleep 2147483647 &' wait > /usr/local/bin/dagster-daemon
USER dagster
END
}

# image_is UNIT IMAGE: the unit file names it
image_is() { as_root sed -i "s#^Image=.*#Image=$2#" "$quadlets/$1.container"; }

install_real() {
  install_host base || return 1
  image_is dagster-webserver "$real"
  image_is dagster-daemon "$real"
  manager daemon-reload && start_services && services_are_up
}

inside() { as_user podman exec "$1" python3 -c "$2"; }
runs() { as_user podman container inspect -f '{{.ImageName}}' "$1"; }

# A container runs the built image, which has the library, the Dagster and the user from before.
has_library() { # UNIT
  case $(runs "$1") in localhost/datalake-dagster:"$dagster_release"-*) ;; *) return 1 ;; esac
  inside "$1" "
import os, importlib.metadata as m
assert m.version('dagster') == '$dagster_release', m.version('dagster')
assert m.version('dagster-aws') == '$library', m.version('dagster-aws')
assert os.getuid() == 1000, os.getuid()"
}
imports_it() { # UNIT
  inside "$1" "
import dagster, dagster_aws.s3, boto3
assert dagster.__version__ == '$dagster_release', dagster.__version__"
}
keeps_healthcheck() {
  as_user podman image inspect -f '{{.HealthCheck}}' "$(runs dagster-daemon)" | grep -q true
}
# No command of `deps` may leave any behind but those that units use.
built_images() { as_user podman images --noheading localhost/datalake-dagster | wc -l; }

deps_commands() {
  local before=$label
  label="$label deps"
  if ! wheelhouse > "$work/wheels.log" 2>&1; then
    skip "the whole part: no packages can be had: $(tail -1 "$work/wheels.log")"
  elif check 'an image with a real Dagster' 0 -- real_image; then
    deps_go_well
    deps_refuse
    deps_of_two_images
  fi
  label=$before
}

deps_go_well() {
  check 'a host with it' 0 -- install_real
  manifest > "$work/before"
  check 'plan' 3 "none -> $library" -- dagster deps plan
  check 'plan as the user itself' 3 "none -> $library" -- dagster_as_user deps plan
  check 'a plan changes nothing' 0 -- diff "$work/before" <(manifest)
  check 'apply' 0 'Proved: Dagster stayed' -- dagster deps apply --yes --wheels "$lab_wheels"
  check 'the webserver has the library, and Dagster has not moved' 0 -- has_library dagster-webserver
  check 'the daemon, too' 0 -- has_library dagster-daemon
  check 'it can be imported there' 0 -- imports_it dagster-daemon
  check 'the health check of the image stays' 0 -- keeps_healthcheck
  check 'plan again' 0 'Nothing to do' -- dagster deps plan
  check 'apply again' 0 'Nothing to do' -- dagster deps apply --yes
  check 'plan as JSON' 0 '"is_well": true' -- dagster deps plan --json
  check 'what else is wanted is still missing' 3 'none -> >=1.1' -- dagster deps plan --modal
  check 'rollback' 0 'Undone' -- datalake rollback --yes
  check 'every byte, mode and owner is back' 0 -- diff "$work/before" <(manifest)
  check 'the daemon runs the image from before' 0 "$real" -- runs dagster-daemon
  check 'plan after the rollback' 3 "none -> $library" -- dagster deps plan
}

deps_refuse() {
  local built
  built=$(built_images)
  as_root install -d -m 755 /var/lib/lab/empty
  build "$real" > /dev/null <<< "FROM $real
LABEL lab=newer"
  check 'a wheel is missing' 69 "is there a dagster-aws==$library" -- \
    dagster deps apply --yes --wheels /var/lib/lab/empty
  check 'a password in the address' 2 '--pip-conf FILE' -- \
    dagster deps apply --yes --index-url https://me:secret@pkg.example/simple
  check 'and it is not shown' 0 -- lacks secret@
  image_is dagster-daemon localhost/dagster:bare
  manager daemon-reload
  check 'an image without Python' 78 'and no' -- dagster deps plan
  image_is dagster-daemon localhost/dagster:latest
  manager daemon-reload
  check 'an image without Dagster' 78 'sees no Dagster' -- dagster deps plan
  image_is dagster-daemon localhost/dagster:nowhere
  manager daemon-reload
  check 'an image that podman does not hold' 78 'podman pull' -- dagster deps plan
  image_is dagster-daemon "$real"
  manager daemon-reload
  check 'nothing was changed' 0 -- diff "$work/before" <(manifest)
  check 'nothing was left' 0 -- [ "$(built_images)" = "$built" ]
}

deps_of_two_images() {
  check 'a second image' 0 -- real_image_dies
  image_is dagster-daemon localhost/dagster:real-dies
  manager daemon-reload
  check 'a daemon that does not stand its library: up before' 0 -- manager restart dagster-daemon
  manifest > "$work/before"
  check 'apply builds both, and goes back by itself' 69 'as before' -- \
    dagster deps apply --yes --wheels "$lab_wheels"
  check 'every byte, mode and owner is back by itself' 0 -- diff "$work/before" <(manifest)
  check 'the services stay up with the images from before' 0 -- services_stay_up
  check 'the daemon runs its own image again' 0 real-dies -- runs dagster-daemon
}
