# Situations in which a provision must not simply go on, to be sourced after host.sh. Each begins on
# a host that `install_host base` made, and lasts until the next `install_host`.
# shellcheck shell=bash disable=SC2154

# A key that quadlet does not know takes the whole service away with the next daemon-reload.
hand_edit_breaks_a_unit() {
  as_root sed -i 's/^\[Container\]$/&\nFoo=bar/' "$quadlets/dagster-webserver.container"
}

# `restart` succeeds, and the container is gone after a second.
image_dies() {
  as_root sed -i 's/^Image=.*/Image=localhost\/dagster:dies/' "$quadlets/dagster-daemon.container"
}

# The same, but only where the daemon has been given a bucket: it works until it is provisioned.
image_dies_with_s3() {
  as_root sed -i 's/^Image=.*/Image=localhost\/dagster:dies-with-s3/' \
    "$quadlets/dagster-daemon.container"
}

# Address and key are right, and only this container is led elsewhere.
webserver_cannot_reach_s3() {
  as_root sed -i 's/^\[Container\]$/&\nAddHost=s3.lab.test:127.0.0.1/' \
    "$quadlets/dagster-webserver.container"
}

# systemd's `EnvironmentFile=-` passes over a file that it cannot read, without a word.
env_file_of_root() {
  as_root install -d -o 900 -g 900 -m 700 "$config/datalake"
  as_root sh -c "echo AWS_ACCESS_KEY_ID=old > $config/datalake/s3.env"
  as_root chmod 600 "$config/datalake/s3.env"
  as_root chown 0:0 "$config/datalake/s3.env"
}

# Without lingering there is no manager. `systemctl --user -M dagster-user@` logs in, and that brings
# one with all its services (systemd 257): reload and restart give 0, and after some seconds all is
# gone. systemd 262 says "Transport endpoint is not connected". Ask for user@900.service instead.
no_lingering() {
  as_root loginctl disable-linger dagster-user
  until_true 60 as_root test ! -e /run/user/900
}

# Each start of a service now waits 90 s for the target (podman 5.3 and newer).
network_online_is_inactive() {
  as_root systemctl stop network-online.target
  manager stop "${services[@]}" dagster-postgres podman-user-wait-network-online.service
}

# What is written through the link as root lands outside of the home.
drop_in_folder_is_a_link() { # prints where it leads
  as_root rm -rf /var/lib/lab/outside
  as_root install -d -m 755 /var/lib/lab/outside
  as_root ln -s /var/lib/lab/outside "$quadlets/dagster-webserver.container.d"
  as_root chown -h 900:900 "$quadlets/dagster-webserver.container.d"
  echo /var/lib/lab/outside
}

# A value in the unit itself; `--env=NAME` of a drop-in comes later and decides, an env file would not.
left_over_environment() {
  as_root sed -i 's/^Environment=DAGSTER_HOME=.*/&\nEnvironment=AWS_ACCESS_KEY_ID=old/' \
    "$quadlets/dagster-webserver.container"
}

# A host as the by-hand guide's script leaves it: no service can start.
set_up_by_hand() {
  install_host seed-broken
  as_root install -d -o 900 -g 900 -m 755 "$config/environment.d"
  as_root sh -c "
    echo AWS_ACCESS_KEY_ID=$access > $config/environment.d/dagster-s3.conf
    echo AWS_SECRET_ACCESS_KEY=$secret >> $config/environment.d/dagster-s3.conf
    chown 900:900 $config/environment.d/dagster-s3.conf
    chmod 644 $config/environment.d/dagster-s3.conf"
}
