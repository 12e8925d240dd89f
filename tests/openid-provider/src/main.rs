//! A provider of identities for demonstrations: whoever comes is Ann, and agrees at once.
//!
//! ```sh
//! cargo run -p openid_provider -- 127.0.0.1:9998
//! ```

use std::net::SocketAddr;
use std::sync::Arc;

use actors::clock::SystemClock;
use openid_provider::{CLIENT_ID, CLIENT_SECRET, Person, Provider};

#[expect(clippy::print_stdout, reason = "it says how it is reached")]
#[tokio::main]
async fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:9998".to_owned());
    let address: SocketAddr = address
        .parse()
        .map_err(|error| format!("{address:?} is no address such as 127.0.0.1:9998: {error}"))?;
    if !address.ip().is_loopback() {
        return Err("anybody could sign in as anybody: it is for this machine alone".to_owned());
    }
    let provider = Provider::start(address, Arc::new(SystemClock::start())).await;
    if let Some(email) = arguments.next() {
        provider.script().await.person = Person::of(&email, &email);
    }
    println!("export FULLHOUSE_OPENID_ISSUER={}", provider.issuer());
    println!("export FULLHOUSE_OPENID_CLIENT_ID='{CLIENT_ID}'");
    println!("export FULLHOUSE_OPENID_CLIENT_SECRET='{CLIENT_SECRET}'");
    provider.serve().await;
    Ok(())
}
