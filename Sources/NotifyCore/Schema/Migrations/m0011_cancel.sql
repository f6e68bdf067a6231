-- Cancelling what is still open.

-- Ends these events as cancelled, in one statement: outcome row in, event, payload and dedupe key out, unread feed row
-- retracted (that of the first event, where this one is a retry by hand). An event that is being sent is only marked with
-- the reason, and the first who asked is named; the worker looks at the mark before it speaks to the relay, and retracts
-- the feed row if it honours it. The key is free from the mark on: an event enqueued under it later must not vanish with
-- this one.
--
-- Returns the least that can be promised of them all: 'cancelled' (was not being sent and never will be), 'maybe_sent'
-- (never will be again, but an earlier attempt may have reached its reader), 'marked', or null where none is open.
create function notify.cancel_events(event_ids bigint[], reason text) returns text
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    cancelled_at timestamptz := clock_timestamp();
    result text;
begin
    -- The lock comes first: a claim that commits between two looks at the state would be neither cancelled nor marked.
    with open as materialized (
        select e.id, e.state, e.maybe_sent from events e where e.id = any (event_ids) order by e.id for update
    ), gone as (
        delete from events e using open where e.id = open.id and open.state <> 'leased' returning e.*
    ), marked as (
        update events e set cancel_reason = coalesce(e.cancel_reason, cancel_events.reason)
        from open
        where e.id = open.id and open.state = 'leased'
    ), outcome as (
        insert into deliveries (
            event_id, kind, user_id, organization_id, outcome, reason, attempts, message_id, lease_id, enqueued_at,
            finished_at, retry_of, maybe_sent
        )
        select
            g.id, g.kind, g.user_id, g.organization_id, 'cancelled', cancel_events.reason, g.attempts, g.message_id,
            g.lease_id, g.enqueued_at, cancelled_at, g.retry_of, g.maybe_sent
        from gone g
    ), payload as (
        delete from event_payloads p using gone g where p.event_id = g.id
    ), key as materialized (
        -- In the order in which a batch of events takes them, so that neither waits for the other crosswise.
        select k.key, k.user_id, k.kind from dedupe_keys k join open on open.id = k.event_id
        order by k.key, k.user_id, k.kind
        for update of k
    ), freed as (
        delete from dedupe_keys k using key where (k.key, k.user_id, k.kind) = (key.key, key.user_id, key.kind)
    ), feed as (
        update notifications n set retracted_at = cancelled_at from gone g
        where n.event_id = coalesce(g.retry_of, g.id) and n.read_at is null and n.retracted_at is null
    )
    select case
        when bool_or(open.state = 'leased') then 'marked'
        when bool_or(open.maybe_sent) then 'maybe_sent'
        when count(*) > 0 then 'cancelled'
    end
    into result
    from open;
    return result;
end
$$;

-- True is a promise: what was open under the key was not being sent and never will be, and no earlier attempt to send it
-- may have succeeded.
create function notify.cancel(dedupe_key text, user_id uuid default null) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    return coalesce('cancelled' = cancel_events(
        array(
            select k.event_id from dedupe_keys k
            where k.key = cancel.dedupe_key and (cancel.user_id is null or k.user_id = cancel.user_id)
        ),
        'by_producer'
    ), false);
end
$$;

-- For the worker that honours a mark, or whose recipient is gone: frees the keys of events that it is about to settle as
-- cancelled and retracts their unread feed rows, as cancel does for those that it ends itself. Returns the events for
-- which that is done.
--
-- Nothing is waited for: a producer that enqueues under the same key has it locked until its transaction ends, and
-- everybody's outcomes would wait with this one. Such an event is left as it was, to be tried again.
create function notify.release_cancelled(event_ids bigint[]) returns setof bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    return query
    with cancelled as materialized (
        select e.id, coalesce(e.retry_of, e.id) as feed_id from events e where e.id = any (event_ids)
    ), key as materialized (
        select k.event_id from dedupe_keys k where k.event_id = any (event_ids) for update skip locked
    ), unread as materialized (
        select n.event_id from notifications n
        where n.event_id = any (array(select c.feed_id from cancelled c))
            and n.read_at is null and n.retracted_at is null
        for no key update skip locked
    ), free as materialized (
        select c.id, c.feed_id from cancelled c
        where (select count(*) from dedupe_keys k where k.event_id = c.id)
            = (select count(*) from key where key.event_id = c.id)
            and (
                select count(*) from notifications n
                where n.event_id = c.feed_id and n.read_at is null and n.retracted_at is null
            ) = (select count(*) from unread n where n.event_id = c.feed_id)
    ), freed as (
        delete from dedupe_keys k where k.event_id = any (array(select free.id from free))
    ), retracted as (
        update notifications n set retracted_at = clock_timestamp()
        where n.event_id = any (array(select free.feed_id from free)) and n.read_at is null and n.retracted_at is null
    )
    select free.id from free;
end
$$;
