-- What the HTTP API leaves behind goes in slices, by the worker, which has no other right to any of it.

create index notifications_visible_at_idx on notify.notifications (visible_at);

-- Deletes up to `slice` rows each of what nobody needs any more: feed rows older than 90 days, sessions 30 days after
-- their end, until when a token of theirs is told from a guess, idempotency keys 25 hours after they came, an hour longer
-- than they hold. Returns the most rows that went from one table: fewer than `slice` means done.
create function notify.purge_api_rows(slice integer default 1000) returns integer
    language plpgsql security definer set search_path = notify, pg_temp set lock_timeout = '1s'
as $$
declare
    gone integer;
    most integer;
begin
    if slice is null or slice not between 1 and 100000 then
        perform refuse('NW004', 'slice', 'is not between 1 and 100000');
    end if;
    delete from notifications where event_id in (
        select n.event_id from notifications n
        where n.visible_at < clock_timestamp() - interval '90 days'
        order by n.visible_at limit slice for update skip locked
    );
    get diagnostics most = row_count;
    delete from sessions where id in (
        select s.id from sessions s where s.expires_at < clock_timestamp() - interval '30 days'
        order by s.expires_at limit slice for update skip locked
    );
    get diagnostics gone = row_count;
    most := greatest(most, gone);
    delete from idempotency_keys where (api_key_id, key) in (
        select k.api_key_id, k.key from idempotency_keys k where k.created_at < clock_timestamp() - interval '25 hours'
        order by k.created_at limit slice for update skip locked
    );
    get diagnostics gone = row_count;
    return greatest(most, gone);
end
$$;

-- Cuts the feeds of the next `slice` users after `after` to the newest 1,000 rows that show, and to the newest 1,000 that
-- were retracted, which only `explain` still shows; at most 10,000 rows each. Returns the last user it looked at, or null
-- when it has come to the end: an endless round over all users.
create function notify.trim_feeds(after uuid default null, slice integer default 200) returns uuid
    language plpgsql security definer set search_path = notify, pg_temp set lock_timeout = '1s'
as $$
declare
    kept constant integer := 1000;
    position uuid := after;
    looked_at integer := 0;
    is_retracted boolean;
begin
    if slice is null or slice not between 1 and 10000 then
        perform refuse('NW004', 'slice', 'is not between 1 and 10000');
    end if;
    while looked_at < slice loop
        select n.user_id into position from notifications n
        where n.user_id >= coalesce(position, '00000000-0000-0000-0000-000000000000')
            and n.user_id is distinct from position
        order by n.user_id limit 1;
        if not found then
            return null;
        end if;
        -- Of a user who was removed while somebody enqueued for them; its event has ended by then.
        if not exists (select from users u where u.id = position) then
            delete from notifications where event_id in (
                select n.event_id from notifications n
                where n.user_id = position and n.created_at < clock_timestamp() - interval '1 hour'
                limit 10000 for update skip locked
            );
        end if;
        looked_at := looked_at + 1;
        -- Most users: one look into the index, which does not know what is retracted.
        continue when not exists (
            select from notifications n where n.user_id = position
            order by n.visible_at desc, n.event_id desc offset kept limit 1
        );
        -- Apart, or what nobody sees any more would push out what they see. The newest row that goes is looked for first:
        -- what stays is not locked, nor is anything waited for.
        foreach is_retracted in array array[false, true] loop
            delete from notifications where event_id in (
                select n.event_id from notifications n
                where n.user_id = position and (n.retracted_at is not null) = is_retracted
                    and (n.visible_at, n.event_id) <= (
                        select k.visible_at, k.event_id from notifications k
                        where k.user_id = position and (k.retracted_at is not null) = is_retracted
                            and (is_retracted or k.visible_at <= clock_timestamp())
                        order by k.visible_at desc, k.event_id desc
                        offset kept limit 1
                    )
                limit 10000 for update skip locked
            );
        end loop;
    end loop;
    return position;
end
$$;

grant execute on function notify.purge_api_rows(integer), notify.trim_feeds(uuid, integer) to notify_worker;
