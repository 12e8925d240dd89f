//! Signing in by a provider of identities, a real one over real HTTP.

mod accounts;
mod broken;
mod flows;
mod tokens;

use std::sync::Arc;

use actors::clock::{Clock, ManualClock, SystemClock};
use fullhouse::config::Secret;
use openid_provider::{CLIENT_ID, CLIENT_SECRET, Provider};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use seating::timestamp::Timestamp;
use serde_json::Value;
use test_database::TestDatabase;
use url::Url;

use crate::support::{Reply, TestServer, configured};

const CARRIER: &str = "__Secure-fullhouse_openid";

/// A server whose people are vouched for, and who does that.
struct Scene {
    server: TestServer,
    provider: Provider,
    clock: Arc<dyn Clock>,
    database: Arc<TestDatabase>,
    browser: Client,
}

/// A sign-in that has begun: what the browser carries, and where it is sent.
#[derive(Clone, Debug)]
struct Begun {
    cookie: String,
    page: Url,
}

impl Scene {
    async fn open() -> Self {
        Self::with_flags(Arc::new(SystemClock::start()), &[]).await
    }

    /// Under a clock that the test moves, which is the provider's too.
    async fn with_clock() -> (Self, Arc<ManualClock>) {
        let now = Timestamp::from_unix_seconds(1_800_000_000);
        let clock = Arc::new(ManualClock::new(now));
        let shared: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
        (Self::with_flags(shared, &[]).await, clock)
    }

    async fn with_flags(clock: Arc<dyn Clock>, flags: &[&str]) -> Self {
        let here = "127.0.0.1:0".parse().unwrap();
        let provider = Provider::start(here, Arc::clone(&clock)).await;
        let database = Arc::new(TestDatabase::create().await);
        let server = server_of(&provider, &database, (&clock, flags)).await;
        let browser = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            server,
            provider,
            clock,
            database,
            browser,
        }
    }

    /// Another process on the same database.
    async fn another(&self) -> TestServer {
        server_of(&self.provider, &self.database, (&self.clock, &[])).await
    }

    async fn ask(&self, path: &str, cookie: Option<&str>) -> Reply {
        self.ask_at(&self.server, path, cookie).await
    }

    async fn ask_at(&self, server: &TestServer, path: &str, cookie: Option<&str>) -> Reply {
        let url = format!("http://{}/api/v1{path}", server.address);
        let mut asking = self.browser.get(url);
        if let Some(cookie) = cookie {
            asking = asking.header(COOKIE, cookie);
        }
        reply(asking.send().await.unwrap()).await
    }

    /// Begins a sign-in, and gives what the browser has of it.
    async fn begin(&self) -> Begun {
        self.begin_at("/auth/google").await
    }

    async fn begin_at(&self, path: &str) -> Begun {
        let begun = self.ask(path, None).await;
        assert_eq!(begun.status, 303, "{}", begun.text);
        Begun {
            cookie: carried(&begun),
            page: Url::parse(begun.header("location")).unwrap(),
        }
    }

    /// Where the provider leads back to, as a path below the API's base.
    async fn agree(&self, begun: &Begun) -> String {
        let page = self.browser.get(begun.page.clone()).send().await.unwrap();
        assert_eq!(page.status(), 303, "{:?}", page.text().await);
        let back = page.headers()[LOCATION].to_str().unwrap();
        let back = back.strip_prefix("http://127.0.0.1:8080/api/v1");
        back.unwrap().to_owned()
    }

    /// The whole of it.
    async fn sign_in(&self) -> Reply {
        let begun = self.begin().await;
        let back = self.agree(&begun).await;
        self.ask(&back, Some(&begun.cookie)).await
    }

    /// Rows of accounts, sessions and identities.
    async fn rows(&self) -> [i32; 3] {
        let sql = self.server.sql();
        let accounts = sql.number("select count(*)::int from accounts");
        let sessions = "select count(*)::int from sessions";
        let identities = "select count(*)::int from account_identities";
        [
            accounts.await.unwrap(),
            self.server.sql().number(sessions).await.unwrap(),
            self.server.sql().number(identities).await.unwrap(),
        ]
    }
}

async fn server_of(
    provider: &Provider,
    database: &Arc<TestDatabase>,
    (clock, flags): (&Arc<dyn Clock>, &[&str]),
) -> TestServer {
    let issuer = provider.issuer();
    let mut line = vec!["--openid-issuer", &issuer, "--openid-client-id", CLIENT_ID];
    line.extend(flags);
    let mut config = configured(&database.url(), &line);
    let secret = Secret::given("FULLHOUSE_OPENID_CLIENT_SECRET", CLIENT_SECRET);
    config.openid.openid_client_secret = secret;
    TestServer::of(config, Some(Arc::clone(database)), Arc::clone(clock)).await
}

async fn reply(response: Response) -> Reply {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Reply {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
        bytes: bytes.to_vec(),
    }
}

/// The cookies that an answer sets, by their beginnings.
fn cookies(reply: &Reply) -> Vec<&str> {
    let all = reply.headers.get_all(SET_COOKIE).iter();
    all.map(|it| it.to_str().unwrap()).collect()
}

/// The cookie of a flow, as a browser sends it back.
fn carried(reply: &Reply) -> String {
    let cookies = cookies(reply);
    let cookie = cookies.iter().find(|it| it.starts_with(CARRIER)).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Whether an answer takes the flow out of the browser.
fn takes_flow_away(reply: &Reply) -> bool {
    let gone = format!("{CARRIER}=; ");
    let gone = cookies(reply).into_iter().find(|it| it.starts_with(&gone));
    gone.is_some_and(|it| it.contains("Max-Age=0"))
}

fn user(reply: &Reply) -> &Value {
    &reply.body["data"]["user"]
}
