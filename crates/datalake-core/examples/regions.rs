//! Hetzner's locations with their endpoints, and what an address tells.

#![expect(clippy::print_stdout, reason = "an example tells what it found")]

use datalake_core::s3::{Endpoint, Region};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for region in [Region::Fsn1, Region::Nbg1, Region::Hel1] {
        let endpoint = region.endpoint().ok_or("every location has one")?;
        println!("{region}  {endpoint}");
    }
    for text in ["hel1.your-objectstorage.com", "https://s3.example.org:9000"] {
        let endpoint: Endpoint = text.parse()?;
        let region = endpoint.hetzner_location().unwrap_or("a region of its own");
        println!("{endpoint}  {region}, port {}", endpoint.port());
    }
    // Text becomes a type at the edge: what is no address does not get in.
    assert!("http://s3.example.org".parse::<Endpoint>().is_err(), "plain http is for loopback");
    Ok(())
}

#[test]
fn the_example_runs() {
    main().unwrap();
}
