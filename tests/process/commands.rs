//! The program's smaller commands.

use serde_json::{Value, json};
use test_database::TestDatabase;

use crate::program::{Home, Program, run, run_with};

#[tokio::test]
async fn selling_with_the_secret_that_everybody_knows_is_refused() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    let ports = ["--http-addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"];
    for secret in ["", fullhouse::accounts::DEMO_SECRET] {
        for demo in [&[][..], &["--demo"]] {
            let line = ["serve"].iter().chain(&ports).chain(demo);
            let line: Vec<&str> = line.copied().collect();
            let refused = run_with(home, &[("FULLHOUSE_JWT_SECRET", secret)], &line).await;
            // A demonstration on a given database is none that everybody may sign for.
            assert_eq!(refused, (1, String::new()));
        }
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
    let short = [("FULLHOUSE_JWT_SECRET", "short")];
    let line = ["token", "--role", "USER"];
    assert_eq!(run_with(Home::Database(""), &short, &line).await.0, 1);
    // What stands on the command line is read by everybody on the machine.
    for flag in ["--jwt-secret", "--database-url"] {
        let line = ["serve", flag, "a secret that everybody would see in a list"];
        assert_eq!(run(Home::Database(""), &line).await.0, 2, "{flag}");
    }
    let for_ever = ["token", "--role", "EDITOR", "--ttl", "2592001"];
    assert_eq!(run(Home::Database(""), &for_ever).await.0, 2);
}

#[tokio::test]
async fn a_secret_may_lie_in_a_file() {
    let file = std::env::temp_dir().join(format!("secret-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, "a secret in a file, long enough for HS256\n").unwrap();
    let path = file.to_str().unwrap();
    let line = ["token", "--role", "USER"];
    let from_file = [
        ("FULLHOUSE_JWT_SECRET", ""),
        ("FULLHOUSE_JWT_SECRET_FILE", path),
    ];
    let (code, token) = run_with(Home::Database(""), &from_file, &line).await;
    assert_eq!((code, token.trim().split('.').count()), (0, 3));
    // Of two it would not be known which counts.
    let both = [("FULLHOUSE_JWT_SECRET_FILE", path)];
    assert_eq!(run_with(Home::Database(""), &both, &line).await.0, 1);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(run_with(Home::Database(""), &from_file, &line).await.0, 1);
}

#[tokio::test]
async fn nothing_is_not_verified() {
    let database = TestDatabase::create().await;
    let url = database.url();
    let home = Home::Database(&url);
    assert_eq!(run(home, &["migrate"]).await.0, 0);
    let verified = run(home, &["journal", "verify"]).await;
    assert_eq!(verified, (1, String::new()), "there is nothing to verify");
    let unknown = ["journal", "show", "019b0000-0000-7000-8000-000000000001"];
    assert_eq!(run(home, &unknown).await.0, 1);
}

#[tokio::test]
async fn looking_creates_no_cluster_and_migrates_nothing() {
    let folder = std::env::temp_dir().join(format!("nobody-{}", uuid::Uuid::new_v4()));
    let home = Home::DataDir(&folder);
    let show = ["journal", "show", "019b0000-0000-7000-8000-000000000001"];
    for line in [&["journal", "verify"][..], &show] {
        assert_eq!(run(home, line).await, (1, String::new()));
        assert!(!folder.exists());
    }
    let database = TestDatabase::create().await;
    let url = database.url();
    let sql = database.sql();
    sql.execute("delete from _sqlx_migrations").await.unwrap();
    for line in [&["journal", "verify"][..], &show] {
        assert_eq!(run(Home::Database(&url), line).await, (1, String::new()));
    }
    let applied = "select 1 from _sqlx_migrations where $1::uuid is not null";
    let applied = sql.rows(applied, uuid::Uuid::nil()).await.unwrap();
    assert!(applied.is_empty(), "{applied:?}");
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
    let ops = server.ops().to_string();
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
