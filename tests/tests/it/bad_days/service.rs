//! The service, the way to it, or what it says.

use datalake_sim::{Config, Quirk};
use snapbox::str;

use super::Day;
use crate::support::{Host, OTHER_KEY, Service};

#[test]
fn another_region() {
    let strict =
        |config: Config| Config { quirks: config.quirks.with(Quirk::StrictRegion), ..config };
    let day = Day { service: Service::with(strict), ..Day::new() };

    day.refuses(day.provision().env("DATALAKE_REGION", "hel1"), 78, str![[r#"
error: the S3 service: the service expects another region (AuthorizationHeaderMalformed, status 400, it names the region `fsn1`, request [ID])
hint: set `region:` to what the endpoint serves; at Hetzner it is the endpoint's first label

"#]]);
}

#[test]
fn nothing_listens() {
    let day = Day::new();
    let endpoint = Service::hetzner().stop();

    day.refuses(
        day.provision().env("DATALAKE_ENDPOINT", endpoint),
        69,
        str![[r#"
error: the S3 service: the service cannot be reached (connection refused: nothing listens there)
hint: check `endpoint:`, the network and the proxy variables

"#]],
    );
}

#[test]
fn plain_http_to_another_machine() {
    let day = Day::new();
    let call = day.provision().env("DATALAKE_ENDPOINT", "http://fsn1.your-objectstorage.com");

    day.refuses(call, 78, str![[r#"
error: `endpoint`: endpoint `http://fsn1.your-objectstorage.com` is plain http: only https is accepted, and http only on loopback
hint: the value comes from variable DATALAKE_ENDPOINT; `datalake --root=[DIR]/host config explain` shows all of them

"#]]);
}

#[test]
fn a_clock_that_is_twenty_minutes_off() {
    let day = Day::new();

    day.service.set_clock_offset(20 * 60);
    day.refuses(day.provision(), 78, str![[r#"
error: the S3 service: this host's clock and the service's differ too much (RequestTimeTooSkewed, status 403, this host's clock is [SECONDS] behind the service's, request [ID])
hint: set the clock: `timedatectl set-ntp true`, then `timedatectl status`

"#]]);

    day.service.set_clock_offset(-20 * 60);
    day.refuses(day.provision(), 78, str![[r#"
error: the S3 service: this host's clock and the service's differ too much (RequestTimeTooSkewed, status 403, this host's clock is [SECONDS] ahead of the service's, request [ID])
hint: set the clock: `timedatectl set-ntp true`, then `timedatectl status`

"#]]);
}

#[test]
fn a_bucket_name_that_somebody_else_has() {
    let day = Day::new();
    let other = Host::usual();
    let call = other.call(&day.service, "provision --yes").env("AWS_ACCESS_KEY_ID", OTHER_KEY.id);
    call.env("AWS_SECRET_ACCESS_KEY", OTHER_KEY.secret).run().exits(0);

    day.refuses(
        day.provision(),
        77,
        str![[r#"
error: bucket `acme-dagster-assets`: access is denied (AccessDenied, status 403, request [ID])
hint: bucket names are shared by all customers: either someone else has taken this one, or a bucket policy refuses this key

"#]],
    );
}

#[test]
fn a_service_that_answers_nothing_usable() {
    let day = Day::new();
    day.service.set_faults("404");

    day.refuses(
        day.provision(),
        69,
        str![[r#"
error: the S3 service: the answer cannot be used (NoSuchKey, status 404, request [ID])
hint: is `endpoint:` the address of an S3 service?

"#]],
    );
}
