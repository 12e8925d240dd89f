//! Mail to a server that speaks TLS, whose authority the system trusts.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use test_database::TestDatabase;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use crate::program::{Home, Program};
use crate::scratch::Scratch;

/// More than a mail takes.
const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn a_letter_goes_out_encrypted_to_a_server_that_somebody_vouches_for() {
    let scratch = Scratch::new();
    let authority = scratch.0.join("authority.pem");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut server = Command::new(root.join(target).join("smtp/bin/python"))
        .arg(root.join("tests/smtp_server.py"))
        .args(["--tls", "--authority", authority.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut reports = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut report = async |what: &str| loop {
        let line = timeout(PATIENCE, reports.next_line()).await;
        let line = line.unwrap().unwrap().unwrap();
        let report: Value = serde_json::from_str(&line).unwrap();
        if report["what"] == what {
            return report;
        }
    };
    let port = report("port").await["port"].clone();
    let url = format!("smtp://127.0.0.1:{port}?tls=required");
    let variables = [
        ("FULLHOUSE_SMTP_URL", &*url),
        // Where distributions that have no usual place look, and whoever has an authority of their own.
        ("SSL_CERT_FILE", authority.to_str().unwrap()),
    ];
    let database = TestDatabase::create().await;
    let program = Program::start_knowing(Home::Database(&database.url()), &variables).await;
    let body = json!({
        "name": "Ann Lee", "email": "ann@example.com", "password": "correct horse battery",
    });
    let register = format!("http://{}/api/v1/auth/register", program.address());
    let registered = Client::new()
        .post(register)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(registered.status(), 201);
    let letter = report("received").await;
    assert_eq!(letter["to"], "ann@example.com");
    assert_eq!(letter["tls"], true);
    assert_eq!(program.terminate().await, 0);
}
