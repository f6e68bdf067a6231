-- The producers' enqueue. enqueue and enqueue_many differ in how they take their arguments and share the rest:
-- enqueue_batch checks all events in one statement, claims the dedupe keys in one, and writes each table once.

-- The millisecond (since 1970) at which a producer last rang. A sequence, because setval is seen by all at once
-- and takes no lock that lasts to the commit.
create sequence notify.wake_clock;

-- Tells the workers that something is due, at most once in 50 ms over all sessions; the rest is found by polling.
-- NOTIFY takes a lock on the whole database at commit: with one in each transaction, 8 producers kept 0.54 to 0.72 of
-- their throughput. It also forbids PREPARE TRANSACTION: `set notify.wake = 'off'` (session, role or database).
create function notify.wake() returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    interval_ms constant bigint := 50;
    ringer constant bigint := hashtextextended('notify.wake', 0);
    now_ms bigint := extract(epoch from clock_timestamp()) * 1000;
    is_ringer boolean := false;
begin
    -- abs: a clock set back must not silence the bell until it has caught up.
    if current_setting('notify.wake', true) = 'off'
        or abs(now_ms - (select last_value from wake_clock)) < interval_ms
    then
        return;
    end if;
    -- The lock is the session's, for a transaction's would last as long as the producer likes. So it is given back
    -- even when the statement is cancelled meanwhile, or nobody could ring until this session ends.
    begin
        is_ringer := pg_try_advisory_lock(ringer);
        if is_ringer and abs(now_ms - (select last_value from wake_clock)) >= interval_ms then
            perform setval('wake_clock', now_ms);
            perform pg_notify('notify_events', '');
        end if;
    exception when query_canceled or others then
        if is_ringer then
            perform pg_advisory_unlock(ringer);
        end if;
        raise;
    end;
    if is_ringer then
        perform pg_advisory_unlock(ringer);
    end if;
end
$$;

-- Takes the keys of a batch, in order so that two batches never wait for each other crosswise. Returns, for each event,
-- the id that stands for its key: its own, or that of the earlier event. A key taken by a transaction still under way
-- is waited for.
create function notify.claim_dedupe_keys(events notify.new_event[], ids bigint[]) returns bigint[]
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    claimed_at timestamptz := clock_timestamp();
    result bigint[];
begin
    with wanted as (
        select e.dedupe_key, e.user_id, e.kind, e.id, e.n, greatest(
            claimed_at + interval '7 days', e.expires_at, e.send_at + interval '1 day'
        ) as expires_at
        from rows from (unnest(events), unnest(ids)) with ordinality e (
            kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent, id, n
        )
    ), claimed as (
        insert into dedupe_keys as held (user_id, kind, key, event_id, expires_at)
        select distinct on (w.dedupe_key collate "C", w.user_id, w.kind)
            w.user_id, w.kind, w.dedupe_key, w.id, w.expires_at
        from wanted w
        where w.dedupe_key is not null
        order by w.dedupe_key collate "C", w.user_id, w.kind, w.n
        on conflict (user_id, kind, key) do update set
            event_id = case when held.expires_at > claimed_at then held.event_id else excluded.event_id end,
            expires_at = case when held.expires_at > claimed_at then held.expires_at else excluded.expires_at end
        returning held.user_id, held.kind, held.key, held.event_id
    )
    select array_agg(coalesce(c.event_id, w.id) order by w.n)
    into result
    from wanted w
    left join claimed c on c.key = w.dedupe_key and c.user_id = w.user_id and c.kind = w.kind;
    return result;
end
$$;

-- Puts events in: queue row, payload and feed row for each whose key is new. Returns the ids in input order.
create function notify.enqueue_batch(events notify.new_event[], is_many boolean) returns bigint[]
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    no_organization constant uuid := '00000000-0000-0000-0000-000000000000';
    traceparent_pattern constant text := '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$';
    queued_at timestamptz := clock_timestamp();
    own_ids bigint[];
    ids bigint[];
    has_keys boolean;
    is_any_due boolean;
begin
    perform check_events(events, is_many);

    select
        array_agg(nextval('event_ids')),
        bool_or(e.dedupe_key is not null),
        bool_or(coalesce(e.send_at, now()) <= queued_at)
    into own_ids, has_keys, is_any_due
    from unnest(events) e;
    ids := case when has_keys then claim_dedupe_keys(events, own_ids) else own_ids end;

    insert into events (
        id, kind, bucket, user_id, organization_id, actor_id, state, due_at, expires_at, enqueued_at, traceparent
    )
    select
        e.id, e.kind, coalesce(e.organization_id, no_organization), e.user_id, e.organization_id, e.actor_id,
        case when send.at <= queued_at then 'ready' else 'waiting' end,
        greatest(send.at, queued_at),
        case
            when e.expires_at is not null then e.expires_at
            when e.kind = 'assigned_reminder' and e.payload ->> 'due_at' <> '' then least(
                send.at + interval '24 hours', greatest(parse_time(e.payload ->> 'due_at'), send.at) + interval '1 hour'
            )
            else send.at + interval '24 hours'
        end,
        queued_at,
        case when e.traceparent ~ traceparent_pattern then e.traceparent end
    from rows from (unnest(events), unnest(own_ids), unnest(ids)) e (
        kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent, id, keeper
    )
    cross join lateral (select coalesce(e.send_at, now()) as at) send
    where e.id = e.keeper;
    if not found then
        return ids;
    end if;

    insert into event_payloads (event_id, payload)
    select e.id, e.payload
    from rows from (unnest(events), unnest(own_ids), unnest(ids)) e (
        kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent, id, keeper
    )
    where e.id = e.keeper;

    insert into notifications (event_id, user_id, organization_id, actor_id, kind, payload, visible_at, created_at)
    select
        e.id, e.user_id, e.organization_id, e.actor_id, e.kind, e.payload,
        coalesce(e.send_at, now()), queued_at
    from rows from (unnest(events), unnest(own_ids), unnest(ids)) e (
        kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent, id, keeper
    )
    where e.id = e.keeper;

    if is_any_due then
        perform wake();
    end if;
    return ids;
end
$$;

create function notify.enqueue(
    kind text, user_id uuid, payload jsonb, organization_id uuid default null, dedupe_key text default null,
    send_at timestamptz default now(), expires_at timestamptz default null, actor_id uuid default null,
    traceparent text default null
) returns bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    event new_event := (
        kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent
    );
    ids bigint[] := enqueue_batch(array[event], false);
begin
    return ids[1];
end
$$;
