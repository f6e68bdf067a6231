"""Workers that are frozen for longer than their lease, and wake."""

import bisect
import collections
import time

from harness import trap
from harness.row import row
from harness.world import World

VICTIMS = 5  # frozen one by one or several at once; one more worker never is
AUDIT = """
create table public.claims (event_id bigint, lease_id bigint, holder text, at timestamptz);
create table public.settles (event_id bigint, settler text, at timestamptz);
create function public.note_claim() returns trigger language plpgsql security definer as $$
begin
    insert into public.claims values (new.id, new.lease_id, session_user, clock_timestamp());
    return null;
end $$;
create function public.note_settle() returns trigger language plpgsql security definer as $$
begin
    insert into public.settles values (new.event_id, session_user, clock_timestamp());
    return null;
end $$;
create trigger note_claim after update of lease_id on notify.events for each row
    when (new.lease_id is not null and new.lease_id is distinct from old.lease_id) execute function public.note_claim();
create trigger note_settle after insert on notify.deliveries for each row execute function public.note_settle();
"""


@row("frozen", "frozen past its lease",
     "SIGSTOP for three leases at 100 random points, a second worker running, SIGCONT",
     "the woken worker settles 0 rows that another holds; it starts content for at most 1 such mail in 100 freezes; "
     "duplicates ≤ mails past the dot + that")
def frozen(run):
    freezes = run.scale(100, 5)
    with World(run.seed) as world:
        cold = Cold(run, world)
        cold.freeze_all(freezes)
        cold.judge(freezes)


class Cold:
    def __init__(self, run, world):
        self.run, self.world, self.random = run, world, world.random
        with world.server.connect() as connection:
            connection.execute(AUDIT)
            for number in range(VICTIMS + 1):
                connection.execute(f"create role worker{number} login in role notify_worker")
        # So that a freeze finds mails at every stage.
        world.mailbox.faults(*({"stage": stage, "delayMilliseconds": 20, "probability": 0.5, "seed": world.seed}
                               for stage in ("mail", "rcpt", "data", "accepted")))
        self.events = world.producer()
        self.workers = [world.start_worker(
            database_url=world.server.url(f"worker{number}"), mail_envelope_from=f"worker{number}@example.com")
            for number in range(VICTIMS + 1)]
        self.spans = collections.defaultdict(list)  # victim: (stopped, woken)
        self.caught = collections.defaultdict(set)  # victim: ids of events whose content had begun as it froze

    def freeze_all(self, freezes):
        """Each victim freezes, wakes and works for a while, on its own."""
        self.events.start(300)
        begun, wakes = 0, {}
        due = {number: time.time() + self.random.uniform(0.5, 3) for number in range(1, VICTIMS + 1)}
        while begun < freezes or wakes:
            for number in list(wakes):
                if time.time() >= wakes[number][1]:
                    stopped, _ = wakes.pop(number)
                    self.spans[number].append((stopped, time.time()))
                    self.workers[number].thaw()
                    due[number] = time.time() + self.random.uniform(0.5, 2)
            for number in list(due):
                if begun < freezes and time.time() >= due[number]:
                    self.workers[number].freeze()
                    self.caught[number] |= {
                        event for event, stage in trap.journal(self.world, self.workers[number]).items()
                        if stage in ("sending", "accepted")}
                    del due[number]
                    wakes[number] = (time.time(), time.time() + 3 * self.world.LEASE)
                    begun += 1
                    if begun % 20 == 0:
                        self.run.say(f"{begun} freezes, {self.world.mailbox.state()['mails']} mails")
            time.sleep(0.002)
        self.events.stop()
        self.world.wait_until_done(60)
        for worker in self.workers:
            code, _ = worker.terminate()
            self.run.expect(code == 0, f"a worker ended with {code}")

    def judge(self, freezes):
        claims = collections.defaultdict(list)  # event: (time, holder), by lease
        for event, holder, at in self.world.server.query(
                "select event_id, holder, extract(epoch from at)::float8 from claims order by lease_id"):
            claims[event].append((at, holder))
        foreign = []
        for event, settler, at in self.world.server.query(
                "select event_id, settler, extract(epoch from at)::float8 from settles"):
            if claims[event][bisect.bisect([claimed for claimed, _ in claims[event]], at) - 1][1] != settler:
                foreign.append(event)
        taken = sum(any(a[1] != b[1] for a, b in zip(one, one[1:])) for one in claims.values())
        begun, copies = self.begun_after_waking(claims)
        tally = self.world.check()
        ids = self.world.event_ids(tally.duplicates)
        past = [token for token in tally.duplicates if self.was_past_the_dot(ids[token], copies[token])]
        self.run.note("freezes", sum(len(spans) for spans in self.spans.values()))
        self.run.note("events_taken_from_frozen", taken)
        self.run.note("late_answers_fenced", sum(
            int(line["count"]) for line in self.workers[0].lines()
            if line["message"].startswith("settlements that were not")))
        self.run.note("settled_though_anothers", len(foreign))
        self.run.note("content_begun_though_anothers", len(begun))
        self.run.note("duplicates_past_the_dot", len(past))
        self.run.expect(taken >= freezes, f"only {taken} events taken from frozen workers")
        self.run.expect_none(foreign, "events settled by one who did not hold them")
        self.run.expect(len(begun) <= max(1, freezes // 100), f"content of {len(begun)} mails begun that another held")
        self.run.expect_clean(tally, duplicates=len(past) + len(begun))
        unexplained = set(tally.duplicates) - set(past) - set(begun)
        self.run.expect_none([self.story(copies[token]) for token in unexplained], "duplicates by no frozen worker")

    def begun_after_waking(self, claims):
        """Tokens whose content came from a worker that was not their holder any more; and all copies by token."""
        entries = self.world.mailbox.accepted()
        copies = collections.defaultdict(list)
        for entry in entries:
            copies[entry["token"]].append((entry["time"], entry["sender"].split("@")[0]))
        ids, begun = self.world.event_ids(copies), []
        for token, sent in copies.items():
            for at, sender in sent:
                holders = [holder for claimed, holder in claims[ids[token]] if claimed < at]
                if holders and holders[-1] != sender:
                    begun.append(token)
        return begun, copies

    def story(self, copies):
        """Who sent each copy, and how many seconds after its worker's last freeze and waking."""
        def since(at, times):
            return f"{at - max((time for time in times if time <= at), default=at):+.3f}"

        return [(sender, since(at, [stopped for stopped, _ in spans]), since(at, [woken for _, woken in spans]))
                for at, sender in sorted(copies) for spans in [self.spans[int(sender.removeprefix("worker"))]]]

    def was_past_the_dot(self, event, copies):
        """Whether the content of all copies but one had begun as their worker froze, by its journal."""
        return sum(event not in self.caught[int(sender.removeprefix("worker"))] for _, sender in copies) <= 1
