//! Serves a simulator until Ctrl-C: `cargo run --example serve -- DIR [--tls] [--plain]
//! [--conditional-writes=racing]`.
//!
//! Prints the endpoint and the key for any S3 client.

use datalake_sim::{Config, SimKey, start};

#[expect(clippy::print_stdout, reason = "this is what the example is for")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let dir = arguments.next().ok_or("a folder for the state is missing")?;
    let mut config = Config::hetzner(dir);
    for argument in arguments {
        match argument.as_str() {
            "--tls" => config.tls = true,
            "--plain" => config.quirks = datalake_sim::Quirks::plain(),
            other => match other.strip_prefix("--conditional-writes=") {
                Some(way) => {
                    config.quirks = config.quirks.with_conditional_writes(way.parse()?);
                }
                None => config.faults = other.parse()?,
            },
        }
    }
    let sim = start(config).await?;
    let SimKey { access_key_id, secret_access_key, .. } = SimKey::sandbox();
    println!("{} {access_key_id} {secret_access_key}", sim.endpoint());
    tokio::signal::ctrl_c().await?;
    sim.stop().await;
    Ok(())
}
