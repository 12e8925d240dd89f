//! One keep-alive connection with one request in progress.
//!
//! The generator shares the cores with the server that it measures, so its own cost counts: this
//! writes a request from one buffer and reads its answer into another, allocates nothing once both
//! have grown, and leaves the head to `httparse`.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longer than a server may think; a request that takes longer has failed.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// More headers than the server sends.
const HEADERS_MAX: usize = 32;

/// A connection that opens itself again after an error.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    sent: Vec<u8>,
    received: Vec<u8>,
    lasts: Lasts,
}

/// How long a connection lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lasts {
    /// Until the server closes it.
    Long,
    /// For one request.
    Once,
}

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    pub status: u16,
    /// When to come again, in seconds, if it says so.
    pub retry_after: Option<u32>,
    pub body: &'a [u8],
}

impl<'a> Answer<'a> {
    /// The first value of a string member, if its body is a JSON text without escapes.
    pub fn value(&self, member: &str) -> Option<&'a str> {
        let text = std::str::from_utf8(self.body).ok()?;
        let mut places = text.match_indices(member);
        places.find_map(|(at, name)| {
            let value = text[at + name.len()..].strip_prefix("\":\"")?;
            let whole = text[..at].ends_with('"');
            value.split('"').next().filter(|_| whole)
        })
    }
}

/// What to send.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'static str,
    /// From the root.
    pub path: &'a str,
    pub token: &'a str,
    /// A JSON text; empty for none.
    pub body: &'a str,
}

/// The head of an answer that is all there.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    retry_after: Option<u32>,
    closes: bool,
    body_at: usize,
    end: usize,
}

impl Connection {
    /// To this server; nothing is opened before the first call.
    pub const fn new(address: SocketAddr) -> Self {
        Self::lasting(address, Lasts::Long)
    }

    /// The same, lasting so long.
    pub const fn lasting(address: SocketAddr, lasts: Lasts) -> Self {
        Self {
            lasts,
            address,
            stream: None,
            sent: Vec::new(),
            received: Vec::new(),
        }
    }

    /// Over a connection that was opened otherwise.
    pub fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let mut connection = Self::new(stream.peer_addr()?);
        connection.stream = Some(stream);
        Ok(connection)
    }

    /// Opens the connection if it is not open.
    pub async fn open(&mut self) -> io::Result<()> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        Ok(())
    }

    /// Sends a request and reads its answer. After an error the outcome is unknown, and the next
    /// call opens a new connection.
    pub async fn call(&mut self, request: Request<'_>) -> io::Result<Answer<'_>> {
        self.open().await?;
        let Some(mut stream) = self.stream.take() else {
            return Err(ErrorKind::NotConnected.into());
        };
        self.write(request);
        let exchange = exchange(&mut stream, &self.sent, &mut self.received);
        let head = match tokio::time::timeout(ANSWER_TIMEOUT, exchange).await {
            Ok(head) => head?,
            Err(_elapsed) => return Err(ErrorKind::TimedOut.into()),
        };
        if !head.closes && self.lasts == Lasts::Long {
            self.stream = Some(stream);
        }
        Ok(Answer {
            status: head.status,
            retry_after: head.retry_after,
            body: &self.received[head.body_at..head.end],
        })
    }

    fn write(&mut self, request: Request<'_>) {
        let length = request.body.len();
        let mut digits = [0; 20];
        let pieces: [&[u8]; 6] = [
            request.method.as_bytes(),
            b" ",
            request.path.as_bytes(),
            b" HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ",
            request.token.as_bytes(),
            b"\r\n",
        ];
        self.sent.clear();
        for piece in pieces {
            self.sent.extend_from_slice(piece);
        }
        if length > 0 {
            self.sent
                .extend_from_slice(b"content-type: application/json\r\ncontent-length: ");
            self.sent.extend_from_slice(decimal(length, &mut digits));
            self.sent.extend_from_slice(b"\r\n");
        }
        self.sent.extend_from_slice(b"\r\n");
        self.sent.extend_from_slice(request.body.as_bytes());
    }
}

async fn exchange(stream: &mut TcpStream, sent: &[u8], received: &mut Vec<u8>) -> io::Result<Head> {
    stream.write_all(sent).await?;
    received.clear();
    loop {
        if stream.read_buf(received).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if let Some(head) = parse(received)? {
            return Ok(head);
        }
    }
}

/// The head, once the whole answer has come.
fn parse(received: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(received);
    let parsed = parsed.map_err(|wrong| io::Error::new(ErrorKind::InvalidData, wrong))?;
    let httparse::Status::Complete(body_at) = parsed else {
        return Ok(None);
    };
    let mut head = Head {
        status: response.code.unwrap_or(0),
        retry_after: None,
        closes: false,
        body_at,
        end: body_at,
    };
    for header in response.headers {
        if header.name.eq_ignore_ascii_case("content-length") {
            let text = std::str::from_utf8(header.value).unwrap_or_default();
            let length: usize = text.parse().map_err(|wrong: std::num::ParseIntError| {
                io::Error::new(ErrorKind::InvalidData, wrong)
            })?;
            head.end = body_at + length;
        } else if header.name.eq_ignore_ascii_case("retry-after") {
            let text = std::str::from_utf8(header.value).unwrap_or_default();
            head.retry_after = text.trim().parse().ok();
        } else if header.name.eq_ignore_ascii_case("connection") {
            head.closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    Ok((received.len() >= head.end).then_some(head))
}

fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            return &digits[at..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_all_there() {
        let whole = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n\
                      Content-Length: 4\r\nConnection: close\r\n\r\nbusy";
        for end in 0..whole.len() {
            assert!(parse(&whole[..end]).unwrap().is_none(), "{end}");
        }
        let head = parse(whole).unwrap().unwrap();
        assert_eq!(head.status, 503);
        assert!(head.retry_after == Some(1) && head.closes);
        assert_eq!(&whole[head.body_at..head.end], b"busy");
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(parse(b"SMTP 1.1 ready\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n").is_err());
    }

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 65_535, usize::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }

    #[test]
    fn members_are_found_by_their_whole_name() {
        let answer = |body| Answer {
            status: 409,
            retry_after: None,
            body,
        };
        let problem = answer(br#"{"barcode":"no","title":"code","code":"SOLD_OUT","status":409}"#);
        assert_eq!(problem.value("title"), Some("code"));
        assert_eq!(problem.value("code"), Some("SOLD_OUT"));
        assert_eq!(problem.value("status"), None);
        assert_eq!(problem.value("hold_id"), None);
        assert_eq!(
            answer(br#"{"code":"SOLD_OUT"}"#).value("code"),
            Some("SOLD_OUT")
        );
    }
}
