//! One plain connection with one request at work: at less cost than a general client has, since
//! thousands of them share the machine with the server that they press.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An open connection.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// Its status.
    pub(crate) status: u16,
    /// Whether it says when to come again.
    pub(crate) retry_after: bool,
    /// Its body.
    pub(crate) body: String,
}

impl Line {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    /// Over a connection made otherwise.
    pub(crate) fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let received = Vec::new();
        Ok(Self { stream, received })
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn call(&mut self, request: &str) -> io::Result<Heard> {
        self.stream.write_all(request.as_bytes()).await?;
        self.hear().await
    }

    /// Sends some bytes of a request.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads a whole answer.
    pub(crate) async fn hear(&mut self) -> io::Result<Heard> {
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(heard) = parse(&self.received)? {
                return Ok(heard);
            }
        }
    }
}

/// The text of a request with a JSON body, or none.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// The answer, once all of it has come.
fn parse(received: &[u8]) -> io::Result<Option<Heard>> {
    let text = String::from_utf8_lossy(received);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(None);
    };
    let strange = || io::Error::new(ErrorKind::InvalidData, head.to_owned());
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    let (mut length, mut retry_after) = (0, false);
    for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().map_err(|_not_a_number| strange())?;
        }
        retry_after |= name.eq_ignore_ascii_case("retry-after");
    }
    let answer = Heard {
        status: status.ok_or_else(strange)?,
        retry_after,
        body: body.to_owned(),
    };
    Ok((body.len() >= length).then_some(answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_heard_when_it_is_all_there() {
        let whole = b"HTTP/1.1 503 No\r\nRetry-After: 1\r\nContent-Length: 4\r\n\r\nbusy";
        assert!(parse(&whole[..whole.len() - 1]).unwrap().is_none());
        let heard = parse(whole).unwrap().unwrap();
        assert_eq!((heard.status, heard.retry_after), (503, true));
        assert_eq!(heard.body, "busy");
        assert!(parse(b"SMTP ready\r\n\r\n").is_err());
    }
}
