//! The program's smaller commands.

use persistence::test_database::TestDatabase;
use serde_json::{Value, json};

use crate::program::{Home, Program, assert_verified, run};

#[tokio::test]
async fn selling_with_the_secret_that_everybody_knows_is_refused() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let ports = ["--http-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"];
    for secret in [&[][..], &["--jwt-secret", fullhouse::auth::DEMO_SECRET]] {
        let line: Vec<&str> = ["serve"]
            .iter()
            .chain(&ports)
            .chain(secret)
            .copied()
            .collect();
        assert_eq!(run(home, &line).await, (1, String::new()));
    }
}

#[tokio::test]
async fn a_token_is_printed_alone() {
    let (code, output) = run(Home::Database(""), &["token", "--role", "SUPER_ADMIN"]).await;
    assert_eq!((code, output.lines().count()), (0, 1));
    assert_eq!(output.trim().split('.').count(), 3);
    let subject = "019b0000-0000-7000-8000-000000000001";
    let line = [
        "token",
        "--role",
        "USER",
        "--subject",
        subject,
        "--ttl",
        "60",
    ];
    assert_eq!(run(Home::Database(""), &line).await.0, 0);
    assert_eq!(
        run(Home::Database(""), &["token", "--role", "OWNER"])
            .await
            .0,
        2
    );
    let short = ["token", "--role", "USER", "--jwt-secret", "short"];
    assert_eq!(run(Home::Database(""), &short).await.0, 1);
}

#[tokio::test]
async fn migrating_and_verifying_an_empty_database_is_fine() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    assert_eq!(run(home, &["migrate"]).await.0, 0);
    assert_verified(home).await;
    let unknown = ["journal", "show", "019b0000-0000-7000-8000-000000000001"];
    assert_eq!(run(home, &unknown).await.0, 1);
}

#[tokio::test]
async fn an_unreachable_database_is_said_and_not_waited_for() {
    let home = Home::Database("postgres://nobody@127.0.0.1:1/none");
    assert_eq!(run(home, &["migrate"]).await.0, 1);
}

#[tokio::test]
async fn healthcheck_answers_with_its_exit_code() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let server = Program::start(home).await;
    let ops = server.ops.to_string();
    assert_eq!(
        run(home, &["healthcheck", "--ops-addr", &ops]).await,
        (0, "ready\n".to_owned())
    );
    assert_eq!(server.terminate().await, 0);
    assert_eq!(run(home, &["healthcheck", "--ops-addr", &ops]).await.0, 1);
}

#[tokio::test]
async fn the_description_is_printed() {
    let (code, output) = run(Home::Database(""), &["openapi"]).await;
    let description: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, &description["openapi"]), (0, &json!("3.1.0")));
}
