-- What an operator does to single events.

-- Puts an event back into the queue and returns the id under which it goes on. A dead one becomes a new event with a day
-- to live, and its old outcome stays. The new one takes over the dedupe key, so that its producer can still cancel it,
-- and names the event that the producer enqueued, under which its feed row stays. A held one, which has no outcome yet, stays itself and is due at once: with its
-- attempts, its expiry and its Message-ID, by which a reader's mailbox may know the second copy. Null for any other.
create function notify.retry_event(event_id bigint) returns bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    queued_at timestamptz := clock_timestamp();
    dead dead_events;
    new_id bigint;
begin
    update events e set state = 'ready', due_at = queued_at, queue_xid = pg_current_xact_id()
    where e.id = retry_event.event_id and e.state = 'held';
    if found then
        perform wake();
        return event_id;
    end if;

    delete from dead_events d where d.event_id = retry_event.event_id returning d.* into dead;
    if not found then
        return null;
    elsif dead.kind like 'account\_%' then
        perform refuse('NW004', 'event_id', 'is an account mail and was kept without its address: ask for a new one');
    end if;
    insert into events (
        kind, bucket, user_id, organization_id, actor_id, state, due_at, expires_at, enqueued_at, traceparent, retry_of,
        maybe_sent
    )
    values (
        dead.kind, dead.bucket, dead.user_id, dead.organization_id, dead.actor_id, 'ready', queued_at,
        queued_at + interval '24 hours', queued_at, dead.traceparent, coalesce(dead.retry_of, dead.event_id),
        exists (select from deliveries d where d.event_id = dead.event_id and d.maybe_sent)
    )
    returning id into new_id;
    update dedupe_keys k
    set event_id = new_id, expires_at = greatest(k.expires_at, queued_at + interval '24 hours')
    where k.event_id = dead.event_id;
    insert into event_payloads (event_id, payload) values (new_id, coalesce(dead.payload, '{}'));
    perform wake();
    return new_id;
end
$$;

-- Says what became of it: 'cancelled', 'maybe_sent' or 'marked' as notify.cancel_events has them, or, where it is not open,
-- 'ended' or 'unknown'.
create function notify.cancel_event(event_id bigint) returns text
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    result text := cancel_events(array[event_id], 'by_operator');
begin
    return case
        when result is not null then result
        when exists (select from deliveries d where d.event_id = cancel_event.event_id) then 'ended'
        else 'unknown'
    end;
end
$$;

-- Throws the kept payload of a dead event away before its 7 days are over; the outcome stays.
create function notify.discard_event(event_id bigint) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    delete from dead_events d where d.event_id = discard_event.event_id;
    return found;
end
$$;
