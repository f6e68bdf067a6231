"""What else people would use, on the same database, sink and size of mail."""

import json
import subprocess
import sys
import time

from bench import events
from bench.measure import row
from bench.programs import ROOT
from bench.world import World

FOLDER = ROOT / "Benchmarks/references"


class Reference:
    """One of the scripts in `references`, as a process."""

    def __init__(self, world, script, database):
        self.world, self.script = world, FOLDER / script
        world.server.query(f"create database {database}")
        self.database = database
        self.dsn = f"postgresql://postgres@127.0.0.1:{world.server.port}/{database}"

    def start(self, *words):
        return subprocess.Popen([sys.executable, self.script, self.dsn, *map(str, words)], stdin=subprocess.DEVNULL)

    def run(self, *words, processes=1):
        """Returns the seconds from the start of so many processes to the last one's end."""
        start = time.monotonic()
        running = [self.start(*words) for _ in range(processes)]
        if any([one.wait(900) for one in running]):
            raise RuntimeError(f"{self.script.name} {' '.join(map(str, words))} has failed")
        return time.monotonic() - start

    def left(self, sql):
        with self.world.server.connect(self.database) as connection:
            return connection.execute(sql).fetchone()[0]


@row("references", "The same events ÷ what else people would use, best of one and two processes",
     "at least 6 of pgqueuer + aiosmtplib + jinja2 and 10 of django-post_office")
def references(bench):
    made = events.make(bench.scale(60_000, 6_000), bench.seed)
    with World(bench.seed) as world:
        octets = world.measured_size(made[:1_000])
        share = world.folder / "events.json"
        names = {"pgqueuer": bench.scale(8_000, 1_000), "post_office": bench.scale(4_000, 500)}
        measures = [lambda: world.rate(made)]
        for processes in (1, 2):
            measures.append(lambda processes=processes: pgqueuer(names["pgqueuer"], processes))
            measures.append(lambda processes=processes: post_office(names["post_office"], processes))

        queuer, office = Reference(world, "pgqueuer_worker.py", "pgqueuer"), Reference(
            world, "post_office_worker.py", "post_office")
        queuer.run("install")
        office.run(world.sink, octets, "install")

        def pgqueuer(count, processes):
            share.write_text(json.dumps(made[:count]))
            queuer.run("enqueue", share)
            seconds = queuer.run("work", world.sink, octets, processes=processes)
            if left := queuer.left("select count(*) from pgqueuer"):
                raise RuntimeError(f"pgqueuer has left {left} jobs")
            return count / seconds

        def post_office(count, processes):
            share.write_text(json.dumps(made[:count]))
            office.run(world.sink, octets, "enqueue", share)
            seconds = office.run(world.sink, octets, "work", processes)
            if left := office.left("select count(*) from post_office_email where status <> 0"):
                raise RuntimeError(f"django-post_office has left {left} mails")
            return count / seconds

        ours, *others = bench.in_turns(*measures, rounds=bench.scale(3, 1))
        for name, found, least in (("pgqueuer + aiosmtplib + jinja2", others[0::2], 6),
                                   ("django-post_office", others[1::2], 10)):
            best = [max(one) for one in zip(*found)]
            bench.add_ratio(f"end to end ÷ {name}", ours, best, least)
