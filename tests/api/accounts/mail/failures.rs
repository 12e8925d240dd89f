//! Mail servers that are down, busy, silent or not to be trusted, and senders that die.

use serde_json::Value;
use testkit::waiting::eventually;

use super::{Post, SmtpServer};
use crate::support::TestServer;

impl Post {
    /// Waits until this many jobs are as the condition says.
    async fn until(&self, what: &str, count: &'static str, wanted: i32) {
        let sql = self.server.sql();
        eventually(what, async || sql.number(count).await.unwrap() == wanted).await;
    }

    /// Waits until all mails are sent and forgotten, and asserts that none was given up.
    pub(super) async fn nothing_waits(&self) {
        let all = "select count(*)::int from outbox where topic = 'mail' and failed_at is null";
        self.until("all mails are sent", all, 0).await;
        let failed = "select count(*)::int from outbox where failed_at is not null";
        assert_eq!(self.server.sql().number(failed).await.unwrap(), 0);
    }
}

const PUT_OFF: &str = "select count(*)::int from outbox where failed_at is null \
    and last_error is not null and available_at < to_timestamp(1800000000 + 100)";

#[tokio::test]
async fn nobody_waits_for_a_mail_server_that_is_down() {
    let mut post = Post::open(&["--down"]).await;
    // Answered, and put off, while the port refuses connections.
    post.server.register("ann@example.com").await;
    post.until("the mail is put off", PUT_OFF, 1).await;
    post.smtp.order("up").await;
    post.clock.advance_seconds(10);
    post.server.register("bob@example.com").await;
    post.smtp.letter("bob@example.com").await;
    post.smtp.letter("ann@example.com").await;
    post.nothing_waits().await;
}

#[tokio::test]
async fn a_silent_mail_server_holds_up_neither_answers_nor_other_letters() {
    let mut post = Post::open(&[]).await;
    post.server.register("slow@example.com").await;
    post.smtp.report("silent", Some("slow@example.com")).await;
    // Both are answered, and the letter comes, while the first still waits for its server.
    let login = post.server.login("slow@example.com", super::PASSWORD).await;
    assert_eq!(login.status, 200, "{}", login.text);
    post.server.register("bob@example.com").await;
    post.smtp.letter("bob@example.com").await;
    let waits = "select count(*)::int from outbox where attempts = 1 and last_error is null";
    post.until("the silent one still waits", waits, 1).await;
    post.smtp.order("go on").await;
    post.smtp.letter("slow@example.com").await;
    post.nothing_waits().await;
}

#[tokio::test]
async fn a_letter_to_nobody_is_given_up_and_says_why() {
    let mut post = Post::open(&[]).await;
    post.server.register("nobody@example.com").await;
    let given_up = "select count(*)::int from outbox where failed_at is not null";
    post.until("the mail is given up", given_up, 1).await;
    let why = "select last_error from outbox where failed_at is not null";
    let why = post.server.sql().text(why).await.unwrap();
    assert!(why.contains("550") && why.contains("nobody has"), "{why}");
    post.clock.advance_seconds(2 * 3_600);
    post.server.register("bob@example.com").await;
    post.smtp.letter("bob@example.com").await;
    let tries = "select attempts from outbox where failed_at is not null";
    assert_eq!(post.server.sql().number(tries).await.unwrap(), 1);
    let said = post.smtp.end().await;
    let refusals = said.iter().filter(|report| report["what"] == "refused");
    assert_eq!(refusals.count(), 1, "{said:?}");
}

#[tokio::test]
async fn a_letter_that_is_put_off_is_tried_again_after_longer_and_longer() {
    let mut post = Post::open(&["--later", "2"]).await;
    let later = Some("later@example.com");
    post.server.register("later@example.com").await;
    let first = "select count(*)::int from outbox where attempts = 1 \
        and last_error like '%451%' and available_at = to_timestamp(1800000000 + 10)";
    post.until("it is tried again in 10 s", first, 1).await;
    post.smtp.report("refused", later).await;
    // Not before its time.
    post.clock.advance_seconds(9);
    post.server.register("ann@example.com").await;
    post.smtp.letter("ann@example.com").await;
    post.until("nothing has changed", first, 1).await;
    post.clock.advance_seconds(1);
    post.server.register("bob@example.com").await;
    post.smtp.report("refused", later).await;
    let second = "select count(*)::int from outbox where attempts = 2 \
        and last_error like '%451%' and available_at = to_timestamp(1800000010 + 20)";
    post.until("it is tried again in 20 s", second, 1).await;
    post.clock.advance_seconds(20);
    post.server.register("cleo@example.com").await;
    post.smtp.letter("later@example.com").await;
    post.nothing_waits().await;
}

#[tokio::test]
async fn two_processes_send_each_letter_once() {
    let mut post = Post::open(&[]).await;
    let other = post.another(&post.smtp.url()).await;
    let names: Vec<String> = (0..24).map(|n| format!("ann{n}@example.com")).collect();
    let all = names.iter().enumerate().map(|(number, name)| {
        let server = if number % 2 == 0 {
            &post.server
        } else {
            &other
        };
        server.register(name)
    });
    futures::future::join_all(all).await;
    post.nothing_waits().await;
    for name in &names {
        post.smtp.letter(name).await;
    }
    assert_eq!(post.smtp.end().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_letter_whose_sender_died_is_sent_after_its_lease() {
    let mut post = Post::open(&[]).await;
    post.server.register("ann@example.com").await;
    post.smtp.letter("ann@example.com").await;
    post.nothing_waits().await;
    // As a process leaves it that takes a letter and dies.
    let taken = "insert into outbox (topic, payload, created_at, available_at, attempts) \
        select 'mail', jsonb_build_object('account_id', id, 'news', 'password_changed'), \
        to_timestamp(1800000000), to_timestamp(1800000180), 1 from accounts";
    post.server.sql().execute(taken).await.unwrap();
    post.clock.advance_seconds(179);
    post.server.register("bob@example.com").await;
    post.smtp.letter("bob@example.com").await;
    let waits = "select count(*)::int from outbox where attempts = 1 \
        and payload ->> 'news' = 'password_changed'";
    assert_eq!(post.server.sql().number(waits).await.unwrap(), 1);
    post.clock.advance_seconds(1);
    post.server.register("cleo@example.com").await;
    let letter = post.smtp.letter("ann@example.com").await;
    assert_eq!(
        super::header(&letter, "Subject"),
        "Your password was changed"
    );
    post.nothing_waits().await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_letter() {
    let smtp = SmtpServer::start(&["--tls"]).await;
    let url = format!("{}?tls=required", smtp.url());
    let mut post = Post::with(smtp, &url).await;
    post.server.register("ann@example.com").await;
    post.smtp.report("starttls", None).await;
    post.until("the mail is put off", PUT_OFF, 1).await;
    let why = "select last_error from outbox";
    let why = post.server.sql().text(why).await.unwrap();
    assert!(why.contains("certificate"), "{why}");
    let letters = post.smtp.end().await;
    assert!(letters.iter().all(|report| report["what"] != "received"));
}

#[tokio::test]
async fn a_wrong_password_of_the_operators_costs_no_letter() {
    let smtp = SmtpServer::start(&["--auth", "box-office:right"]).await;
    let (wrong, right) = (
        smtp.url_of("box-office:wrong"),
        smtp.url_of("box-office:right"),
    );
    let mut post = Post::with(smtp, &wrong).await;
    post.server.register("ann@example.com").await;
    post.smtp.report("login", None).await;
    post.until("the mail is put off", PUT_OFF, 1).await;
    // As the operator starts it again with the right one.
    let Post {
        server,
        mut smtp,
        clock,
        database,
    } = post;
    server.stop().await;
    clock.advance_seconds(10);
    let again = TestServer::mailing(database, clock, &right).await;
    let letter = smtp.letter("ann@example.com").await;
    assert_eq!(letter["user"], "box-office");
    drop(again);
}
