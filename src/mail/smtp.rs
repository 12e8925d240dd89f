//! Letters sent by SMTP, through lettre.

use std::time::Duration;

use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::response::{Category, Code};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

use super::{Letter, MailError, Mailer, Sending};

/// Longest time for the server's answer to one command.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Connections to the server at once.
const CONNECTIONS_MAX: u32 = 4;

/// Sends letters through one server.
#[derive(Debug)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What message ids end in.
    domain: String,
}

/// Settings that name no mail server or no sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpError {
    #[error(
        "is no address of a mail server such as smtps://user:password@smtp.example.com or smtp://smtp.example.com:587?tls=required: {0}"
    )]
    Server(String),
    /// Its password would go over the network for everybody to read.
    #[error("sends a password without encryption: write smtps://… or add ?tls=required")]
    OpenPassword,
    #[error("is no sender such as Box office <tickets@example.com>: {0}")]
    From(String),
}

impl SmtpError {
    /// The setting that is wrong.
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::Server(_) | Self::OpenPassword => "FULLHOUSE_SMTP_URL",
            Self::From(_) => "FULLHOUSE_MAIL_FROM",
        }
    }
}

impl SmtpMailer {
    /// Through the server at `url`, from the sender `from`.
    ///
    /// # Errors
    ///
    /// When either cannot be read. Nothing is connected yet.
    pub fn new(url: &SecretString, from: &str) -> Result<Self, SmtpError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret());
        let builder = builder.map_err(|error| SmtpError::Server(error.to_string()))?;
        if sends_open_password(url.expose_secret()) {
            return Err(SmtpError::OpenPassword);
        }
        let from: Mailbox = from
            .parse()
            .map_err(|error: lettre::address::AddressError| SmtpError::From(error.to_string()))?;
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX);
        Ok(Self {
            transport: builder.timeout(Some(TIMEOUT)).pool_config(pool).build(),
            domain: from.email.domain().to_owned(),
            from,
        })
    }

    fn message(&self, letter: &Letter) -> Result<Message, String> {
        let to = letter.to.parse().map_err(|error| format!("{error}"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(letter.name.clone(), to))
            .message_id(Some(format!("<{}@{}>", letter.id, self.domain)))
            .subject(&letter.subject)
            // Nobody reads answers of machines to it.
            .raw_header(auto_submitted())
            .singlepart(SinglePart::plain(letter.text.clone()));
        message.map_err(|error| error.to_string())
    }
}

/// Whether an address has a password and asks for no encryption, and is another machine's.
fn sends_open_password(url: &str) -> bool {
    let open = url
        .strip_prefix("smtp://")
        .filter(|rest| !rest.contains("tls=required"));
    let host = open.and_then(|rest| rest.split_once('@'));
    host.is_some_and(|(_, host)| {
        let here = ["127.0.0.1", "localhost", "[::1]"];
        !here.iter().any(|name| host.starts_with(name))
    })
}

/// RFC 3834, so that nobody's holiday answers.
fn auto_submitted() -> lettre::message::header::HeaderValue {
    let name = lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted");
    lettre::message::header::HeaderValue::new(name, "auto-generated".to_owned())
}

impl Mailer for SmtpMailer {
    fn send<'a>(&'a self, letter: &'a Letter) -> Sending<'a> {
        Box::pin(async {
            let message = self.message(letter).map_err(MailError::Never)?;
            match self.transport.send(message).await {
                Ok(_accepted) => Ok(()),
                Err(error) if error.is_permanent() && error.status().is_some_and(is_of_letter) => {
                    Err(MailError::Never(error.to_string()))
                }
                Err(error) => Err(MailError::Later(error.to_string())),
            }
        })
    }
}

/// Whether a refusal is of this letter: nobody has the address, or nobody wants it there. Others are of
/// us, a wrong password or a missing encryption, and are over once the operator has mended a setting.
fn is_of_letter(code: Code) -> bool {
    matches!(code.category, Category::MailSystem)
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::response::Response;

    use super::*;

    #[test]
    fn only_what_is_said_of_a_letter_ends_it() {
        let of_letter = |code: &str| {
            let response: Response = format!("{code} no\r\n").parse().unwrap();
            is_of_letter(response.code())
        };
        assert!(
            ["550", "551", "552", "553", "554"]
                .map(of_letter)
                .iter()
                .all(|it| *it)
        );
        let of_us = ["500", "502", "503", "521", "530", "534", "535", "538"];
        assert!(!of_us.map(of_letter).iter().any(|it| *it));
    }

    // What is made here looks after its connections on a runtime.
    #[tokio::test]
    async fn settings_that_name_nothing_are_refused() {
        let mailer = |url: &str, from: &str| SmtpMailer::new(&url.into(), from).map(drop);
        let from = "Box office <tickets@example.com>";
        assert_eq!(mailer("smtp://127.0.0.1:2525", from), Ok(()));
        for url in ["", "mail.example.com", "http://mail.example.com"] {
            let refused = mailer(url, from).unwrap_err();
            assert!(matches!(refused, SmtpError::Server(_)), "{refused}");
        }
        for url in [
            "smtp://a:b@mail.example.com",
            "smtp://a:b@mail.example.com:25/?tls=opportunistic",
        ] {
            assert_eq!(mailer(url, from), Err(SmtpError::OpenPassword), "{url}");
        }
        for url in [
            "smtps://a:b@mail.example.com",
            "smtp://a:b@mail.example.com?tls=required",
            "smtp://a:b@127.0.0.1:25",
        ] {
            assert_eq!(mailer(url, from), Ok(()), "{url}");
        }
        let refused = mailer("smtp://127.0.0.1:2525", "the box office").unwrap_err();
        assert!(matches!(refused, SmtpError::From(_)), "{refused}");
    }
}
