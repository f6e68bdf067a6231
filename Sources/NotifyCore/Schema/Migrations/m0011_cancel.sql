-- Cancelling what is still open.

-- Ends these events as cancelled, in one statement: outcome row in, event, payload and dedupe key out, unread feed row
-- retracted, which is that of the first event where this one is a retry by hand. An event that is being sent is only marked with the reason, and the first who asked is named; the worker
-- looks at the mark before it speaks to the relay.
-- Returns whether something was open and none of it is being sent.
create function notify.cancel_events(event_ids bigint[], reason text) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    cancelled_at timestamptz := clock_timestamp();
    result boolean;
begin
    -- The lock comes first: a claim that commits between two looks at the state would be neither cancelled nor marked.
    with open as materialized (
        select e.id, e.state from events e where e.id = any (event_ids) order by e.id for update
    ), gone as (
        delete from events e using open where e.id = open.id and open.state <> 'leased' returning e.*
    ), marked as (
        update events e set cancel_reason = coalesce(e.cancel_reason, cancel_events.reason)
        from open
        where e.id = open.id and open.state = 'leased'
    ), outcome as (
        insert into deliveries (
            event_id, kind, user_id, organization_id, outcome, reason, attempts, message_id, lease_id, enqueued_at,
            finished_at, retry_of
        )
        select
            g.id, g.kind, g.user_id, g.organization_id, 'cancelled', cancel_events.reason, g.attempts, g.message_id,
            g.lease_id, g.enqueued_at, cancelled_at, g.retry_of
        from gone g
    ), payload as (
        delete from event_payloads p using gone g where p.event_id = g.id
    ), key as (
        delete from dedupe_keys k using gone g where k.event_id = g.id
    ), feed as (
        update notifications n set retracted_at = cancelled_at from gone g
        where n.event_id = coalesce(g.retry_of, g.id) and n.read_at is null and n.retracted_at is null
    )
    select bool_and(open.state <> 'leased') into result from open;
    return coalesce(result, false);
end
$$;

create function notify.cancel(dedupe_key text, user_id uuid default null) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    return cancel_events(
        array(
            select k.event_id from dedupe_keys k
            where k.key = cancel.dedupe_key and (cancel.user_id is null or k.user_id = cancel.user_id)
        ),
        'by_producer'
    );
end
$$;

-- For the worker that honours a mark: frees the keys of events that it is about to settle as cancelled and retracts
-- their unread feed rows, as cancel does for those that it ends itself. Returns the events for which that is done.
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
