//! Who did what, also on the command line.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::{ANN, Office};

impl Office {
    async fn exported(&self, arguments: &[&str]) -> Vec<Value> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fullhouse"));
        command
            .args(["audit-log", "export"])
            .args(arguments)
            .env("DATABASE_URL", self.database.url())
            .env("FULLHOUSE_LOG", "off")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = command.output().await.unwrap();
        assert!(output.status.success());
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

#[tokio::test]
async fn what_the_command_line_did_is_exported_line_by_line() {
    let office = Office::open().await;
    office.ann().await;
    office.done(&["role", ANN, "EDITOR"]).await;
    office.done(&["block", ANN]).await;
    office.done(&["revoke", ANN]).await;
    let rows = office.exported(&[]).await;
    let actions: Vec<_> = rows
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "account.created",
            "account.role_changed",
            "account.blocked",
            "account.tokens_revoked"
        ]
    );
    for row in &rows {
        assert_eq!(row["source"], "command_line", "{row}");
        assert_eq!(row["actor_id"], Value::Null);
    }
    assert_eq!(rows[2]["before"]["blocked"], false);
    assert_eq!(rows[2]["after"]["blocked"], true);
    let after = rows[1]["at"].as_str().unwrap();
    assert_eq!(office.exported(&["--from", after]).await, rows[1..]);
    assert_eq!(office.exported(&["--until", after]).await, rows[..1]);
}
