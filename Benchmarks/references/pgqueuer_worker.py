"""pgqueuer, aiosmtplib and jinja2, as their documentation has them: `enqueue FILE` puts jobs in, `work` sends them all.

    pgqueuer_worker.py DSN install | enqueue FILE | work PORT OCTETS

Kept connections, a batch of 100, jobs side by side on them, uvloop.
"""

import asyncio
import json
import sys
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import aiosmtplib
import asyncpg
import jinja2
import templates
import uvloop
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import QueueExecutionMode

CONNECTIONS = 16


async def enqueue(driver, path):
    events = json.loads(open(path).read())
    for begin in range(0, len(events), 1_000):
        batch = events[begin:begin + 1_000]
        await Queries(driver).enqueue(
            ["mail"] * len(batch), [json.dumps(templates.values(one)).encode() for one in batch], [0] * len(batch))


def compose(text, html, values):
    message = EmailMessage()
    message["From"] = "Example Support <support@example.com>"
    message["To"] = values["address"]
    message["Subject"] = values["subject"]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="example.com")
    message.set_content(text.render(values))
    message.add_alternative(html.render(values), subtype="html")
    return message


async def work(driver, port, octets):
    environment = jinja2.Environment(autoescape=True)
    text, html = environment.from_string(templates.TEXT), environment.from_string(templates.html(octets))
    clients = asyncio.Queue()
    for _ in range(CONNECTIONS):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        await client.connect()
        clients.put_nowait(client)
    manager = QueueManager(driver)

    @manager.entrypoint("mail")
    async def send(job: Job) -> None:
        message = compose(text, html, json.loads(job.payload))
        client = await clients.get()
        try:
            await client.send_message(message)
        finally:
            clients.put_nowait(client)

    await manager.run(batch_size=100, mode=QueueExecutionMode.drain)


async def main():
    dsn, command, *rest = sys.argv[1:]
    driver = AsyncpgDriver(await asyncpg.connect(dsn))
    if command == "install":
        await Queries(driver).install()
    elif command == "enqueue":
        await enqueue(driver, *rest)
    else:
        await work(driver, *map(int, rest))


uvloop.run(main())
