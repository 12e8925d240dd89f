//! A code as whoever runs a server without a provider reads it.

use std::net::TcpListener;
use std::process::Stdio;

use loadtest::program::ending_with_us;
use reqwest::Client;
use serde_json::{Value, json};
use test_database::TestDatabase;
use testkit::waiting::{PATIENCE, eventually};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

const PHONE: &str = "+919876543210";

#[tokio::test]
async fn a_code_that_is_printed_signs_in() {
    let database = TestDatabase::create().await;
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [http, ops] = ports.map(|port| port.local_addr().unwrap().to_string());
    let mut server = ending_with_us(env!("CARGO_BIN_EXE_fullhouse"))
        .args(["serve", "--demo", "--http-addr", &http, "--ops-addr", &ops])
        .env("DATABASE_URL", database.url())
        .env(
            "FULLHOUSE_JWT_SECRET",
            "a secret of the tests alone, of 32 bytes",
        )
        .env("FULLHOUSE_LOG", "off")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let client = Client::new();
    let ready = async || {
        let asked = client.get(format!("http://{ops}/readyz")).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    };
    eventually("the server is ready", ready).await;
    let post = async |path: &str, body: Value| {
        let url = format!("http://{http}/api/v1/auth/otp/{path}");
        client.post(url).json(&body).send().await.unwrap().status()
    };
    assert_eq!(post("request", json!({"phone": PHONE})).await, 202);
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut line = async || timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    let heading = format!("--- code to {PHONE}");
    while line().await.as_deref() != Some(&heading) {}
    let printed = line().await.unwrap();
    let code = printed.split(',').next().unwrap();
    let entered = post("verify", json!({"phone": PHONE, "code": code})).await;
    assert_eq!(entered, 201, "{printed}");
    server.kill().await.unwrap();
}
