-- enqueue_many for callers that may have to ask twice because the first answer was lost on the way.

create table notify.idempotency_keys (
    api_key_id bigint not null references notify.api_keys,
    key text collate "C" not null,
    -- Of the request, so that a key used for another one is noticed.
    request_hash bytea not null,
    event_ids bigint[] not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    primary key (api_key_id, key)
);

create index idempotency_keys_created_at_idx on notify.idempotency_keys (created_at);

-- The first call under a key enqueues; later ones, for 24 hours, give the same ids and change nothing. One that comes
-- while the first is under way waits for it. A call that fails leaves the key free.
create function notify.enqueue_once(api_key_id bigint, key text, request_hash bytea, events jsonb) returns table (
    event_ids bigint[], is_replay boolean
)
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    earlier idempotency_keys;
begin
    if key is null or key = '' then
        perform refuse('NW002', 'Idempotency-Key', 'is missing or empty');
    elsif length(key) > 255 then
        perform refuse('NW008', 'Idempotency-Key', 'is longer than 255 characters');
    end if;
    loop
        insert into idempotency_keys (api_key_id, key, request_hash) values (api_key_id, key, request_hash)
        on conflict on constraint idempotency_keys_pkey do nothing;
        if found then
            event_ids := array(select enqueue_many(events));
            update idempotency_keys k set event_ids = enqueue_once.event_ids
            where k.api_key_id = enqueue_once.api_key_id and k.key = enqueue_once.key;
            is_replay := false;
            return next;
            return;
        end if;
        select k.* into earlier from idempotency_keys k
        where k.api_key_id = enqueue_once.api_key_id and k.key = enqueue_once.key
        for update;
        -- Purged between the two statements, or too old: the key is new again.
        continue when not found;
        exit when earlier.created_at > clock_timestamp() - interval '24 hours';
        delete from idempotency_keys k where k.api_key_id = enqueue_once.api_key_id and k.key = enqueue_once.key;
    end loop;
    if earlier.request_hash <> request_hash then
        perform refuse('NW011', 'Idempotency-Key', 'was used for another request in the last 24 hours');
    end if;
    event_ids := earlier.event_ids;
    is_replay := true;
    return next;
end
$$;

grant execute on function notify.enqueue_once(bigint, text, bytea, jsonb) to notify_api;
