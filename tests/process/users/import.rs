//! Accounts of another system.

use std::fmt::Write;

use tokio::time::Instant;

use super::{Office, PASSWORD, login};

/// Made by htpasswd (apache2-utils 2.4): htpasswd -nbBC 5 x 'correct horse battery'.
const BCRYPT: &str = "$2y$05$F8NtCOlD9em6VUFy1e2AqeYFrXl/7Khw3BESnGcbqY2GZk1ZJnhwy";
/// Lines of a file as large as a small box office has.
const MANY: usize = 20_000;

#[tokio::test]
async fn a_file_is_imported_once_and_its_passwords_sign_in() {
    let office = Office::open().await;
    office.ann().await;
    let text = format!(
        "email,name,password_hash,email_verified\nAnn@example.com,Other,,\n\
         Bob@example.com,Bob,{BCRYPT},true\ncleo@example.com,Cleo,,\n"
    );
    let file = office.file("people.csv", &text);
    let said = office.done(&["import", &file, "--dry-run"]).await;
    assert_eq!(said, "2 accounts would be created; 1 have one already\n");
    assert_eq!(office.accounts().await.len(), 1);
    let said = office.done(&["import", &file]).await;
    assert_eq!(said, "2 accounts were created; 1 have one already\n");
    let said = office.done(&["import", &file]).await;
    assert_eq!(said, "0 accounts were created; 3 have one already\n");
    let all = office.accounts().await;
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .all(|it| it["name"] != "Other" && it["role"] == "USER")
    );

    let hash = "select password_hash from accounts where email_key = 'bob@example.com'";
    let sql = office.database.sql();
    assert_eq!(sql.text(hash).await.unwrap(), BCRYPT);
    let server = office.server().await;
    assert_eq!(
        login(&server, "bob@example.com", "wrong horse battery")
            .await
            .0,
        401
    );
    assert_eq!(sql.text(hash).await.unwrap(), BCRYPT);
    assert_eq!(login(&server, "bob@example.com", PASSWORD).await.0, 200);
    let better = sql.text(hash).await.unwrap();
    assert!(
        better.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{better}"
    );
    assert_eq!(login(&server, "bob@example.com", PASSWORD).await.0, 200);
    assert_eq!(sql.text(hash).await.unwrap(), better);
    // Whoever has no password signs in with none.
    assert_eq!(login(&server, "cleo@example.com", PASSWORD).await.0, 401);
    assert_eq!(server.terminate().await, 0);
}

#[tokio::test]
async fn a_file_with_wrong_lines_names_each_and_imports_nothing() {
    let office = Office::open().await;
    let slow = BCRYPT.replacen("$05$", "$31$", 1);
    let text = format!(
        "email,name,password_hash,phone\nann@example.com,Ann,,\nbob,Bob,,\n\
         cleo@example.com,,plain,12\ndan@example.com,Dan,{slow},\nANN@example.com,Ann,,\n"
    );
    let file = office.file("people.csv", &text);
    for line in [&["import", &file][..], &["import", &file, "--dry-run"]] {
        let said = office.refused(line).await;
        let wrong = [
            "line 3: email: must be an address",
            "line 4: name: must not be empty",
            "phone: must be a number",
            "password_hash: must be bcrypt's",
            "line 5: password_hash: has a cost of 31",
            "line 6: email: is a duplicate, first at line 2",
            "4 lines are wrong and 1 are fine; nothing was imported",
        ];
        for wrong in wrong {
            assert!(said.contains(wrong), "{wrong}: {said}");
        }
    }
    assert!(office.accounts().await.is_empty());
    let said = office.refused(&["import", "/nowhere/people.csv"]).await;
    assert!(said.contains("/nowhere/people.csv"), "{said}");
    let bare = office.file("bare.csv", "name\nAnn\n");
    let said = office.refused(&["import", &bare]).await;
    assert!(
        said.contains("line 1: the column email is missing"),
        "{said}"
    );
}

#[expect(
    clippy::print_stdout,
    reason = "what it takes is told, and no test has a bar of time"
)]
#[tokio::test]
async fn a_large_file_is_imported() {
    let office = Office::open().await;
    let mut text = "email,name,password_hash\n".to_owned();
    for number in 0..MANY {
        writeln!(text, "ann{number}@example.com,Ann Lee,{BCRYPT}").unwrap();
    }
    let file = office.file("people.csv", &text);
    for expected in [
        "20000 accounts were created; 0",
        "0 accounts were created; 20000",
    ] {
        let began = Instant::now();
        let said = office.done(&["import", &file]).await;
        assert!(said.starts_with(expected), "{said}");
        println!("{MANY} lines in {:.1?}: {said}", began.elapsed());
    }
    assert_eq!(office.accounts().await.len(), MANY);
}
