-- The open work. What has ended is in notify.deliveries; no row here refers to users, who may vanish meanwhile.

create sequence notify.event_ids;

-- Fencing tokens: a settle counts only while the row still carries the claim's.
create sequence notify.lease_ids;

create table notify.workers (
    id bigint generated always as identity primary key,
    name text not null,
    started_at timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    -- The end of the lease on all events that the worker holds: a heartbeat writes one row, not a thousand.
    expires_at timestamptz not null
);

create table notify.events (
    id bigint primary key default nextval('notify.event_ids'),
    kind text not null,
    -- The unit of fairness: the organisation, or all zeros without one, or all ones for account mails.
    bucket uuid not null,
    user_id uuid,
    organization_id uuid,
    actor_id uuid,
    state text not null,
    -- The transaction that made the event ready: claims scan from the oldest that may still be invisible.
    queue_xid xid8 not null default pg_current_xact_id(),
    due_at timestamptz not null,
    expires_at timestamptz not null,
    enqueued_at timestamptz not null default clock_timestamp(),
    -- Attempts that count against the event; a fault of the relay is not charged.
    attempts smallint not null default 0,
    -- Whether any attempt was made, charged or not: a waiting event is then "retrying", not "scheduled".
    tried boolean not null default false,
    message_id uuid not null default gen_random_uuid(),
    -- Stays on the row after a rescue until the next claim, so that a late settle is still recognised.
    lease_id bigint,
    worker_id bigint,
    cancel_requested boolean not null default false,
    traceparent text,
    retry_of bigint,
    constraint events_state_known check (state in ('waiting', 'ready', 'leased', 'held')),
    constraint events_leased_by_worker check ((state = 'leased') = (worker_id is not null)),
    constraint events_leased_has_lease check (state <> 'leased' or lease_id is not null)
) with (
    -- Each event is updated at least once (its claim) and deleted within seconds: room on the page for the new
    -- version, and vacuum after 2,000 dead rows whatever the size. Truncation would lock out all workers.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0.0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

create index events_ready_by_bucket_idx on notify.events (bucket, queue_xid, id) where state = 'ready';
create index events_ready_by_xid_idx on notify.events (queue_xid, bucket) where state = 'ready';
create index events_waiting_idx on notify.events (due_at) where state = 'waiting';
create index events_worker_id_idx on notify.events (worker_id) where worker_id is not null;

-- Beside the hot row, written once and read at the claim.
create table notify.event_payloads (
    event_id bigint primary key,
    payload jsonb not null,
    -- Account mails only: they carry their own recipient and lose it at the settle.
    to_address text,
    locale text,
    time_zone text
) with (
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = false
);

-- Key first, so that cancel finds it without the user.
create table notify.dedupe_keys (
    user_id uuid not null,
    kind text not null,
    key text collate "C" not null,
    event_id bigint not null,
    expires_at timestamptz not null,
    primary key (key, user_id, kind)
);

create index dedupe_keys_event_id_idx on notify.dedupe_keys (event_id);
create index dedupe_keys_expires_at_idx on notify.dedupe_keys (expires_at);

-- Failed and expired events with their payload, kept for a retry by hand. An account mail is kept without address.
create table notify.dead_events (
    event_id bigint primary key,
    kind text not null,
    bucket uuid not null,
    user_id uuid,
    organization_id uuid,
    actor_id uuid,
    payload jsonb not null,
    outcome text not null,
    reason text not null,
    detail text,
    attempts smallint not null,
    message_id uuid not null,
    enqueued_at timestamptz not null,
    expires_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    traceparent text,
    retry_of bigint,
    constraint dead_events_outcome_known check (outcome in ('failed', 'expired'))
);

create index dead_events_finished_at_idx on notify.dead_events (finished_at, event_id);

-- Counts the hot table: for people and commands. Ages are since the due time, 0 for what is not due yet.
create view notify.queue_depth as
select
    open.state,
    open.kind,
    count(*) as events,
    greatest(0, extract(epoch from clock_timestamp() - min(open.due_at)))::double precision as oldest_age_seconds
from (
    select
        case
            when e.state <> 'waiting' then e.state
            when e.tried or e.attempts > 0 then 'retrying'
            else 'scheduled'
        end as state,
        e.kind,
        e.due_at
    from notify.events e
) open
group by open.state, open.kind;
