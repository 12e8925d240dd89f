//! Letters sent by SMTP, through lettre.

use std::borrow::Cow;
use std::net::Ipv4Addr;
use std::time::Duration;

use lettre::message::{Mailbox, Message, SinglePart};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::response::{Category, Code, Detail};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

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
    /// No certificate would be believed, and every letter would be tried again for half a day.
    #[error(
        "asks for TLS, and this system trusts no authority: install ca-certificates, or name a file in SSL_CERT_FILE"
    )]
    NoAuthority,
    #[error("is no sender such as Box office <tickets@example.com>: {0}")]
    From(String),
}

impl SmtpError {
    /// The setting that is wrong.
    pub const fn setting(&self) -> &'static str {
        match self {
            Self::Server(_) | Self::OpenPassword | Self::NoAuthority => "FULLHOUSE_SMTP_URL",
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
        let server = Url::parse(url.expose_secret());
        let server = server.map_err(|error| SmtpError::Server(error.to_string()))?;
        if is_sent_open_password(&server) {
            return Err(SmtpError::OpenPassword);
        }
        if asks_for_tls(&server) && rustls_native_certs::load_native_certs().certs.is_empty() {
            return Err(SmtpError::NoAuthority);
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

/// Whether a server is spoken to over TLS or not at all.
fn asks_for_tls(server: &Url) -> bool {
    let required =
        |(name, value): (Cow<'_, str>, Cow<'_, str>)| name == "tls" && value == "required";
    server.scheme() == "smtps" || server.query_pairs().any(required)
}

/// Whether a server is sent a password that others can read on its way.
fn is_sent_open_password(server: &Url) -> bool {
    let here = match server.host() {
        // Of schemes that browsers do not know, an address is read as a name.
        Some(Host::Domain("localhost")) => true,
        Some(Host::Domain(name)) => name.parse().is_ok_and(|it: Ipv4Addr| it.is_loopback()),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    server.password().is_some() && !here && !asks_for_tls(server)
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
                Err(error) => {
                    let said = error.to_string();
                    let never = error.is_permanent()
                        && error.status().is_some_and(|code| is_of_letter(code, &said));
                    Err(if never {
                        MailError::Never(said)
                    } else {
                        MailError::Later(said)
                    })
                }
            }
        })
    }
}

/// Whether a refusal is of this letter: nobody has the address, or it takes no mail. Others are of us, a
/// wrong password, a sender that is not allowed (5.7, RFC 3463), a machine that is distrusted, and are
/// over once the operator has mended that.
fn is_of_letter(code: Code, said: &str) -> bool {
    let of_mailbox = [Detail::Zero, Detail::One, Detail::Two, Detail::Three];
    matches!(code.category, Category::MailSystem)
        && of_mailbox.contains(&code.detail)
        && !said.contains("5.7.")
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::response::Response;

    use super::*;

    #[test]
    fn only_what_is_said_of_a_letter_ends_it() {
        let of_letter = |said: &str| {
            let response: Response = format!("{said}\r\n").parse().unwrap();
            is_of_letter(response.code(), said)
        };
        for said in [
            "550 5.1.1 nobody",
            "551 no",
            "552 5.2.2 full",
            "553 5.1.3 no address",
        ] {
            assert!(of_letter(said), "{said}");
        }
        for said in [
            "550 5.7.1 relaying denied",
            "553 5.7.1 not this sender",
            "554 no",
            "500 no",
            "530 no",
            "535 5.7.8 wrong password",
        ] {
            assert!(!of_letter(said), "{said}");
        }
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
            // Others' machines, whatever they are called, and a password of an odd kind.
            "smtp://a:b@localhost.example.com",
            "smtp://a:b@127.0.0.1.example.com",
            "smtp://a:tls=required@mail.example.com",
        ] {
            assert_eq!(mailer(url, from), Err(SmtpError::OpenPassword), "{url}");
        }
        for url in [
            "smtps://a:b@mail.example.com",
            "smtp://a:b@mail.example.com?tls=required",
            "smtp://a:b@127.0.0.1:25",
            "smtp://a:b@localhost",
            "smtp://a:b@[::1]:25",
        ] {
            assert_eq!(mailer(url, from), Ok(()), "{url}");
        }
        let refused = mailer("smtp://127.0.0.1:2525", "the box office").unwrap_err();
        assert!(matches!(refused, SmtpError::From(_)), "{refused}");
    }
}
