//! The ports and what they accept.

use std::net::SocketAddr;

use clap::Args;

use super::error::ConfigError;

/// Settings of the public and the operations port.
#[derive(Clone, Debug, Args)]
pub struct HttpConfig {
    /// Address of the public port; port 0 picks a free one.
    #[arg(long, env = "FULLHOUSE_HTTP_ADDR", default_value = "127.0.0.1:8080")]
    pub http_addr: SocketAddr,
    /// Address of the operations port: metrics, liveness, readiness.
    #[arg(long, env = "FULLHOUSE_OPS_ADDR", default_value = "127.0.0.1:9091")]
    pub ops_addr: SocketAddr,
    /// Longest time a request may take, in milliseconds.
    #[arg(long, env = "FULLHOUSE_REQUEST_TIMEOUT_MS", default_value_t = 15_000,
          value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub request_timeout_ms: u64,
    /// Longest time an audit or an import may take, in milliseconds.
    #[arg(long, env = "FULLHOUSE_SLOW_REQUEST_TIMEOUT_MS", default_value_t = 120_000,
          value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub slow_request_timeout_ms: u64,
    /// Largest request body, in bytes, of every route but those that describe a layout or list its
    /// places.
    #[arg(long, env = "FULLHOUSE_SMALL_BODY_BYTES_MAX", default_value_t = 16 << 10,
          value_parser = clap::value_parser!(u32).range(1_024..))]
    pub small_body_bytes_max: u32,
    /// Largest body that describes a layout or blocks its places, in bytes.
    #[arg(long, env = "FULLHOUSE_BODY_BYTES_MAX", default_value_t = 1 << 20,
          value_parser = clap::value_parser!(u32).range(1_024..))]
    pub body_bytes_max: u32,
    /// Largest seating plan, in bytes.
    #[arg(long, env = "FULLHOUSE_PLAN_BYTES_MAX", default_value_t = 16 << 20,
          value_parser = clap::value_parser!(u32).range(1_024..))]
    pub plan_bytes_max: u32,
    /// Requests worked on at once; more are answered 503 at once.
    #[arg(long, env = "FULLHOUSE_REQUESTS_MAX", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub requests_max: u32,
    /// Connections open at once; for more, the ones that idle leave, the most dispensable first.
    #[arg(long, env = "FULLHOUSE_CONNECTIONS_MAX", default_value_t = 20_000,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections_max: u32,
    /// Bytes of rendered seat maps and other large answers in memory at once, kept for sharing or
    /// on their way to clients; more are answered 503.
    #[arg(long, env = "FULLHOUSE_ANSWER_BYTES_MAX", default_value_t = 96 << 20,
          value_parser = clap::value_parser!(u32).range((1 << 20)..))]
    pub answer_bytes_max: u32,
    /// Bytes per second that all clients together are sent of answers longer than 128 KiB; they
    /// take turns.
    #[arg(long, env = "FULLHOUSE_ANSWER_BYTES_PER_SECOND", default_value_t = 128 << 20,
          value_parser = clap::value_parser!(u64).range((1 << 20)..))]
    pub answer_bytes_per_second: u64,
    /// Time a client has to send a request's headers, from its connection's beginning or the first of
    /// their bytes, in milliseconds.
    #[arg(long, env = "FULLHOUSE_HEADER_TIMEOUT_MS", default_value_t = 30_000,
          value_parser = clap::value_parser!(u64).range(100..=600_000))]
    pub header_timeout_ms: u64,
    /// Time that a connection may idle between two requests, in milliseconds; longer than the
    /// balancer before it keeps one, or that one meets closed connections.
    #[arg(long, env = "FULLHOUSE_IDLE_TIMEOUT_MS", default_value_t = 75_000,
          value_parser = clap::value_parser!(u64).range(100..=3_600_000))]
    pub idle_timeout_ms: u64,
    /// Time after which a connection is told to come again, however busy it is, in milliseconds.
    #[arg(long, env = "FULLHOUSE_CONNECTION_LIFETIME_MS", default_value_t = 3_600_000,
          value_parser = clap::value_parser!(u64).range(1_000..=86_400_000))]
    pub connection_lifetime_ms: u64,
    /// Time from being told to stop, by SIGTERM, until the port closes, in milliseconds: what
    /// balancers need to notice that the server is not ready. SIGINT does not wait.
    #[arg(long, env = "FULLHOUSE_DRAIN_DELAY_MS", default_value_t = 3_000,
          value_parser = clap::value_parser!(u64).range(0..=600_000))]
    pub drain_delay_ms: u64,
    /// Longest time for everything in progress to end once the port closes, in milliseconds.
    #[arg(long, env = "FULLHOUSE_DRAIN_TIMEOUT_MS", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(0..=600_000))]
    pub drain_timeout_ms: u64,
    /// Lines a second that the access log has at most, one for a request; none at 0.
    #[arg(long, env = "FULLHOUSE_ACCESS_LINES_PER_SECOND", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub access_lines_per_second: u32,
    /// Origins whose web pages may call the API, separated by commas; none by default.
    #[arg(long, env = "FULLHOUSE_CORS_ORIGINS", value_delimiter = ',')]
    pub cors_origins: Vec<String>,
    /// Adds a route that parses a hold and asks no owner, for measuring.
    #[cfg(feature = "bench")]
    #[arg(long, hide = true)]
    pub bench_routes: bool,
}

impl HttpConfig {
    /// Relates the settings of the ports.
    ///
    /// # Errors
    ///
    /// When both ports share an address, or an origin is not one.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let same = self.http_addr == self.ops_addr && self.http_addr.port() != 0;
        if same {
            return Err(ConfigError {
                setting: "FULLHOUSE_OPS_ADDR",
                reason: "is the public port's own address".to_owned(),
            });
        }
        for origin in &self.cors_origins {
            let web = origin.starts_with("https://") || origin.starts_with("http://");
            if !web || origin.ends_with('/') {
                return Err(ConfigError {
                    setting: "FULLHOUSE_CORS_ORIGINS",
                    reason: format!("{origin:?} is not an origin such as https://tickets.example"),
                });
            }
        }
        Ok(())
    }
}
