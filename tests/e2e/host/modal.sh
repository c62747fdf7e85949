# Modal's own client in the lab, with the control plane of the lane `modal` beside it, to be sourced
# after host.sh. The packages are downloaded once, outside of the lab.
# shellcheck shell=bash disable=SC2154

modal_release=1.6.4
modal_login=(MODAL_SERVER_URL=http://127.0.0.1:9500 MODAL_TOKEN_ID=ak-lane MODAL_TOKEN_SECRET=as-lane)
plane=/var/lib/lab/plane

modal_wheels() {
  local python folder
  python=$(as_root python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  folder=$cache/wheels/modal-$modal_release-$python
  if [ ! -d "$folder" ]; then
    say "downloading Modal's client $modal_release for Python $python"
    rm -rf "$folder.part"
    mkdir -p "$cache/wheels"
    python3 -m venv "$cache/wheels/venv" &&
      "$cache/wheels/venv/bin/pip" download --quiet --disable-pip-version-check \
        --dest "$folder.part" --only-binary=:all: --implementation cp --python-version "$python" \
        --platform "manylinux2014_$(uname -m)" --platform "manylinux_2_28_$(uname -m)" \
        "modal==$modal_release" pip || return 1
    mv "$folder.part" "$folder"
  fi
  as_root install -d -m 755 /var/lib/lab /var/lib/lab/modal-wheels
  cp "$folder"/*.whl "$(tree)/var/lib/lab/modal-wheels/"
}

install_modal() {
  modal_wheels && as_root sh -ec "
    python3 -m venv --without-pip /opt/modal
    /opt/modal/bin/python \"\$(echo /var/lib/lab/modal-wheels/pip-*.whl)/pip\" install --quiet --no-index \
      --find-links=/var/lib/lab/modal-wheels modal
    ln -sf /opt/modal/bin/modal /usr/local/bin/modal"
}

start_plane() {
  rm -rf "$(tree)$plane"
  mkdir -p "$(tree)$plane/program"
  cp "$here/../modal/fake/"*.py "$(tree)$plane/program/"
  as_root systemd-run --quiet --unit lab-plane \
    /opt/modal/bin/python -B "$plane/program/serve.py" "$plane" ak-lane as-lane
  until_true 30 as_root test -s "$plane/port" || return 1
  modal_login[0]=MODAL_SERVER_URL=http://127.0.0.1:$(as_root cat "$plane/port")
}
stop_plane() { as_root systemctl stop lab-plane > /dev/null 2>&1; }

# modal_holds SECRET: Modal's secret has this value, and no other was in it when an app was last rolled over
modal_holds() {
  as_root python3 -c "
import hashlib, json, sys
secrets = json.load(open('$plane/state.json'))['secrets']
wanted = hashlib.sha256(sys.argv[1].encode()).hexdigest()
assert secrets['main/hetzner-s3']['AWS_SECRET_ACCESS_KEY'] == wanted" "$1"
}

# An app with a function that is given the secret.
deploy_app() {
  as_root install -m 644 /dev/stdin /var/lib/lab/lab_app.py << 'END'
import modal

app = modal.App("lab-compute")


@app.function(secrets=[modal.Secret.from_name("hetzner-s3")])
def look():
    return 1
END
  as_root env -C /var/lib/lab "${modal_login[@]}" modal deploy lab_app.py
}
