"""What enqueueing costs a producer, against plain inserts of the same rows without checks."""

import json
import re
import subprocess
import time

from bench import events
from bench.measure import row
from bench.world import World

TABLES = "notify.events, notify.event_payloads, notify.notifications"
# The three rows that an event becomes. `rows` gives kind, user_id, organization_id and payload.
PLAIN = """
with made as (
    select nextval('notify.event_ids') as id, e.* from ({rows}) e
), queued as (
    insert into notify.events (id, kind, bucket, user_id, organization_id, state, due_at, expires_at)
    select id, kind, organization_id, user_id, organization_id, 'ready', now(), now() + interval '1 day' from made
), kept as (
    insert into notify.event_payloads (event_id, payload) select id, payload from made
), shown as (
    insert into notify.notifications (event_id, user_id, organization_id, kind, payload, visible_at)
    select id, user_id, organization_id, kind, payload, now() from made
)
select count(*) from made
"""


def seconds_of(connection, sql, parameter):
    connection.execute(f"truncate {TABLES}")
    connection.execute("checkpoint")
    start = time.monotonic()
    connection.execute(sql, (parameter,))
    return time.monotonic() - start


@row("enqueue", "enqueue_many of 100,000 events, and enqueue from 8 sessions, ÷ plain inserts of the same rows",
     "≥ 0.4")
def enqueue(bench):
    count = bench.scale(100_000, 10_000)
    made = json.dumps(events.make(count, bench.seed))
    plain = PLAIN.format(rows="select * from jsonb_to_recordset(%s::jsonb) "
                              "as e (kind text, user_id uuid, organization_id uuid, payload jsonb)")
    with World(bench.seed) as world, world.server.connect() as connection:
        ours, reference = bench.in_turns(
            lambda: count / seconds_of(connection, "select count(*) from notify.enqueue_many(%s::jsonb)", made),
            lambda: count / seconds_of(connection, plain, made))
        bench.add_ratio(f"enqueue_many of {count:,} ÷ plain inserts", ours, reference, 0.4, "events/s")
        scripts = single_scripts(world, events.make(1, bench.seed)[0])
        ours, reference = bench.in_turns(*(
            lambda script=script: pgbench(world, script, bench.scale(8, 2)) for script in scripts))
        bench.add_ratio("enqueue from 8 sessions ÷ plain inserts", ours, reference, 0.4, "events/s")


def single_scripts(world, one):
    text = json.dumps(one["payload"])
    user = "lpad(to_hex((random() * 999)::int + 1), 32, '0')::uuid"
    organization = f"'{one['organization_id']}'::uuid"
    files = []
    for name, sql in (
            ("enqueue", f"select notify.enqueue('{one['kind']}', {user}, $p${text}$p$::jsonb, {organization})"),
            ("plain", PLAIN.format(rows=f"select '{one['kind']}' as kind, {user} as user_id, {organization} as "
                                        f"organization_id, $p${text}$p$::jsonb as payload"))):
        path = world.folder / f"{name}.sql"
        path.write_text(sql + ";\n")
        files.append(path)
    return files


def pgbench(world, script, seconds):
    """Events/s of 8 sessions, a transaction for each event."""
    with world.server.connect() as connection:
        connection.execute(f"truncate {TABLES}")
        connection.execute("checkpoint")
    command = ["pgbench", "-n", "-M", "simple", "-c8", "-j1", f"-T{seconds}", "-f", script, "-h", "127.0.0.1", "-p",
               str(world.server.port), "-U", "postgres", "notify"]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"tps = ([\d.]+)", output)[1])
