"""An aiosmtpd server on loopback that keeps each mail in a file and ends when standard input does."""

import argparse
import asyncio
import pathlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        name = f"{self.count:06}"
        trace = f"X-Mail-From: {envelope.mail_from}\r\n" + "".join(f"X-Rcpt-To: {r}\r\n" for r in envelope.rcpt_tos)
        partial = self.folder.parent / name
        partial.write_bytes(trace.encode() + envelope.content)
        partial.rename(self.folder / name)
        return "250 2.0.0 OK"


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--chain")
    parser.add_argument("--key")
    parser.add_argument("--implicit-tls", action="store_true")
    parser.add_argument("--user")
    parser.add_argument("--password")
    return parser.parse_args()


def protocol_factory(chosen, context):
    keeper = Keeper(chosen.folder)

    def authenticate(server, session, envelope, mechanism, data):
        good = data.login == chosen.user.encode() and data.password == chosen.password.encode()
        return AuthResult(success=good, handled=False)

    def make():
        return SMTP(
            keeper,
            hostname="aiosmtpd.test.example",
            enable_SMTPUTF8=True,
            tls_context=None if chosen.implicit_tls else context,
            require_starttls=context is not None and not chosen.implicit_tls,
            auth_required=chosen.user is not None,
            auth_require_tls=context is not None and not chosen.implicit_tls,
            auth_exclude_mechanism=[] if chosen.user is not None else ["LOGIN", "PLAIN"],
            authenticator=authenticate if chosen.user is not None else None,
        )

    return make


async def serve(chosen):
    context = None
    if chosen.chain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chosen.chain, chosen.key)
    loop = asyncio.get_running_loop()
    await loop.create_server(
        protocol_factory(chosen, context),
        "127.0.0.1",
        chosen.port,
        ssl=context if chosen.implicit_tls else None,
    )
    await loop.run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(serve(options()))
