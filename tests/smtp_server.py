"""A mail server for one test, on the loopback interface alone.

It takes letters by SMTP and says what happened as lines of JSON on its standard output, first of all
its port. What it does with a recipient is in the address:

    nobody@...  is refused for good, with 550
    later@...   is put off with 451, as often as --later says
    slow@...    is left without an answer until the line "go on" comes on standard input

With --down the port is taken and refuses connections until the line "up" comes. With --auth it takes
letters from that user alone. With --tls it offers STARTTLS with a certificate for which an authority
vouches that nobody knows who has not read --authority. It ends when its standard input does, and after LIFE_SECONDS whatever happens, so that it never outlives
a test that was killed.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import socket
import ssl
import sys
from email.header import decode_header, make_header
from email.utils import getaddresses

from aiosmtpd.smtp import SMTP, AuthResult, syntax

LIFE_SECONDS = 600


def say(what, **details):
    print(json.dumps({"what": what, **details}), flush=True)


def people(content):
    """Whom a letter names as its recipients. The parser above would put spaces between encoded words."""
    written = email.message_from_bytes(content)["To"]
    named = getaddresses([written])
    if written.startswith('"'):
        return named
    return [[str(make_header(decode_header(name))), address] for name, address in named]


class Post:
    """What the server does with recipients and letters."""

    def __init__(self, later):
        self.later = later
        self.go_on = asyncio.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "nobody":
            say("refused", to=address, code=550)
            return "550 5.1.1 nobody has this address"
        if name == "later" and self.later > 0:
            self.later -= 1
            say("refused", to=address, code=451)
            return "451 4.7.1 come again later"
        if name == "slow" and not self.go_on.is_set():
            say("silent", to=address)
            await self.go_on.wait()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        user = session.auth_data
        for recipient in envelope.rcpt_tos:
            say(
                "received",
                to=recipient,
                sender=envelope.mail_from,
                headers=[[name, str(value)] for name, value in letter.items()],
                people=people(envelope.content),
                body=letter.get_content(),
                tls=session.ssl is not None,
                user=user.login.decode() if session.authenticated else None,
            )
        return "250 2.0.0 OK"


class Server(SMTP):
    """Says when somebody wants to speak TLS: whether they then do is theirs to decide."""

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg):
        say("starttls", to=None)
        await super().smtp_STARTTLS(arg)


def certificate(authority_file):
    """A certificate for this server of an authority that exists for this moment only."""
    import trustme

    context, authority = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), trustme.CA()
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    if authority_file:
        authority.cert_pem.write_to_path(authority_file)
    return context


def how(arguments):
    """How the server speaks: with TLS, with users, or plainly."""
    options = {"hostname": "localhost", "timeout": LIFE_SECONDS}
    if arguments.tls:
        options["tls_context"] = certificate(arguments.authority)
    if arguments.auth:
        user, password = arguments.auth.encode().split(b":")

        def authenticate(server, session, envelope, mechanism, said):
            right = (said.login, said.password) == (user, password)
            say("login", to=None, right=right)
            return AuthResult(success=right, handled=right, auth_data=said)

        options.update(authenticator=authenticate, auth_required=True, auth_require_tls=False)
    return options


async def lines_of_stdin():
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield line.decode().strip()


async def serve(arguments):
    loop = asyncio.get_running_loop()
    # A client that does not trust the certificate breaks the connection, which is what is wanted.
    loop.set_exception_handler(lambda loop, context: None)
    post, options = Post(arguments.later), how(arguments)
    # Bound and not listening, a port is this server's and refuses connections.
    port = socket.socket()
    port.bind(("127.0.0.1", 0))

    async def up():
        await loop.create_server(lambda: Server(post, **options), sock=port, backlog=128)

    if not arguments.down:
        await up()
    say("port", to=None, port=port.getsockname()[1])
    async for line in lines_of_stdin():
        if line == "up":
            await up()
        elif line == "go on":
            post.go_on.set()


async def live(arguments):
    try:
        await asyncio.wait_for(serve(arguments), LIFE_SECONDS)
    except asyncio.TimeoutError:
        sys.exit(f"the test did not end within {LIFE_SECONDS} s")


if __name__ == "__main__":
    # A client that goes away is no news.
    logging.disable()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--later", type=int, default=0, help="how often later@ is put off")
    parser.add_argument("--down", action="store_true", help="refuse connections at first")
    parser.add_argument("--tls", action="store_true", help="offer STARTTLS")
    parser.add_argument("--authority", metavar="FILE", help="write there who vouches for it")
    parser.add_argument("--auth", help="USER:PASSWORD without which nothing is taken")
    asyncio.run(live(parser.parse_args()))
