//! `fullhouse user`: accounts as whoever runs the program looks after them.

mod changed;
mod import;
mod log;

use std::process::Stdio;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use test_database::TestDatabase;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::program::{Home, Program, run};
use crate::scratch::Scratch;

const PASSWORD: &str = "correct horse battery";
const ANN: &str = "ann@example.com";

/// A database with the program's commands over it.
struct Office {
    database: TestDatabase,
    scratch: Scratch,
}

/// How a command ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Office {
    async fn open() -> Self {
        Self {
            database: TestDatabase::create().await,
            scratch: Scratch::new(),
        }
    }

    /// Runs `fullhouse user …`, with something on its standard input.
    async fn user(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fullhouse"));
        command
            .arg("user")
            .args(arguments)
            .env("DATABASE_URL", self.database.url())
            .env("FULLHOUSE_LOG", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // One that fails early reads nothing.
        stdin.write_all(input.as_bytes()).await.ok();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The same for one that succeeds: what it says.
    async fn done(&self, arguments: &[&str]) -> String {
        let Ended { code, out, err } = self.user(arguments, "").await;
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        out
    }

    /// The same for one that fails: what it complains of, having said nothing else.
    async fn refused(&self, arguments: &[&str]) -> String {
        let Ended { code, out, err } = self.user(arguments, "").await;
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        err
    }

    /// Creates Ann with a password of ours.
    async fn ann(&self) {
        let file = self.file("password", PASSWORD);
        let line = [
            "create",
            "--email",
            ANN,
            "--name",
            "Ann",
            "--password-file",
            &file,
        ];
        self.done(&line).await;
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.scratch.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    async fn accounts(&self) -> Vec<Value> {
        let listed = self.done(&["list", "--limit", "100000"]).await;
        let lines = listed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        lines.collect()
    }

    async fn server(&self) -> Program {
        Program::start(Home::Database(&self.database.url())).await
    }
}

/// POST below `/api/v1/auth`.
async fn auth(server: &Program, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("http://{}/api/v1/auth/{path}", server.address());
    let client = Client::builder().timeout(Duration::from_secs(20));
    let request = client.build().unwrap().post(url).json(body);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

async fn login(server: &Program, email: &str, password: &str) -> (u16, Value) {
    auth(
        server,
        "login",
        &json!({"email": email, "password": password}),
    )
    .await
}

#[tokio::test]
async fn the_first_who_manages_accounts_comes_by_one_command() {
    let office = Office::open().await;
    let line = ["create", "--email", "Root@example.com", "--name", "Root"];
    let line = [&line[..], &["--role", "SUPER_ADMIN"]].concat();
    let created = office.done(&line).await;
    assert_eq!(created.lines().count(), 1);
    let created: Value = serde_json::from_str(&created).unwrap();
    assert_eq!(created["role"], "SUPER_ADMIN");
    let server = office.server().await;
    let password = created["password"].as_str().unwrap();
    let (status, signed_in) = login(&server, "root@example.com", password).await;
    assert_eq!(status, 200, "{signed_in}");
    assert_eq!(signed_in["data"]["user"]["role"], "SUPER_ADMIN");
    assert_eq!(signed_in["data"]["user"]["user_id"], created["user_id"]);
    assert_eq!(server.terminate().await, 0);
    // The same address in another case is the same.
    let said = office
        .refused(&["create", "--email", "root@Example.com", "--name", "Root"])
        .await;
    assert!(said.contains("has an account already"), "{said}");
    assert_eq!(office.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_password_comes_from_a_file_or_standard_input_and_is_not_printed() {
    let office = Office::open().await;
    let file = office.file("password", &format!("{PASSWORD}\r\nand a second line\n"));
    let line = [
        "create",
        "--email",
        ANN,
        "--name",
        "Ann",
        "--password-file",
        &file,
    ];
    let created = office.done(&line).await;
    assert!(!created.contains("password"), "{created}");
    let line = [
        "create",
        "--email",
        "bob@example.com",
        "--name",
        "Bob",
        "--password-file",
        "-",
    ];
    // An é of two characters, as some keyboards make it, is the same as one of one.
    let bob = office.user(&line, "caf\u{65}\u{301} at the corner\n").await;
    assert_eq!((bob.code, bob.err.as_str()), (0, ""));
    let server = office.server().await;
    assert_eq!(login(&server, ANN, PASSWORD).await.0, 200);
    for password in ["caf\u{e9} at the corner", "caf\u{65}\u{301} at the corner"] {
        assert_eq!(login(&server, "bob@example.com", password).await.0, 200);
    }
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn what_is_wrong_is_named_by_its_flag_and_nothing_is_created() {
    let office = Office::open().await;
    let create = async |email: &str, name: &str, password: &str| {
        let file = office.file("password", password);
        let line = [
            "create",
            "--email",
            email,
            "--name",
            name,
            "--password-file",
            &file,
        ];
        office.refused(&line).await
    };
    let said = create("ann", "Ann", PASSWORD).await;
    assert!(said.contains("--email: must be an address"), "{said}");
    let said = create(ANN, "", PASSWORD).await;
    assert!(said.contains("--name: must not be empty"), "{said}");
    let said = create(ANN, "Ann", "1234567890").await;
    assert!(said.contains("--password-file: is one of those"), "{said}");
    let said = create(ANN, "Ann", "short").await;
    assert!(
        said.contains("--password-file: must have from 10"),
        "{said}"
    );
    let line = [
        "create",
        "--email",
        ANN,
        "--name",
        "Ann",
        "--password-file",
        "/nowhere/at all",
    ];
    let said = office.refused(&line).await;
    assert!(said.contains("/nowhere/at all"), "{said}");
    let owner = ["create", "--email", ANN, "--name", "Ann", "--role", "OWNER"];
    assert_eq!(office.user(&owner, "").await.code, 2);
    assert!(office.accounts().await.is_empty());
}

#[tokio::test]
async fn listing_prints_a_line_for_each_and_creates_nothing() {
    let office = Office::open().await;
    let folder = office.scratch.0.join("nobody");
    assert_eq!(
        run(Home::DataDir(&folder), &["user", "list"]).await,
        (1, String::new())
    );
    assert!(!folder.exists());
    assert_eq!(office.done(&["list"]).await, "");
    office.ann().await;
    office
        .done(&[
            "create",
            "--email",
            "bob@example.com",
            "--name",
            "Bob",
            "--role",
            "EDITOR",
        ])
        .await;
    let all = office.accounts().await;
    let emails: Vec<&Value> = all.iter().map(|it| &it["email"]).collect();
    assert_eq!(emails, ["bob@example.com", ANN]);
    for line in [
        &["list", "--role", "EDITOR"][..],
        &["list", "--email", "BOB@example.com"],
    ] {
        let one: Value = serde_json::from_str(&office.done(line).await).unwrap();
        assert_eq!(one["email"], "bob@example.com");
    }
    assert_eq!(
        office.done(&["list", "--limit", "1"]).await.lines().count(),
        1
    );
    assert_eq!(office.done(&["list", "--role", "SUPER_ADMIN"]).await, "");
}
