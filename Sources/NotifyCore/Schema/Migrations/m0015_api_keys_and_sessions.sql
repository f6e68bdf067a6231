-- Who calls the HTTP API: services with a key, users with a session. Both bring a random token of 256 bits, of which
-- only the SHA-256 is here: no salt or stretching is needed where nothing can be guessed.

create table notify.api_keys (
    id bigint generated always as identity primary key,
    name text not null,
    -- The first characters of the token, by which people tell keys apart.
    hint text not null,
    token_hash bytea not null unique,
    scopes text[] not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz,
    -- To within a minute: a busy key must not write a row for each request.
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_scopes_known check (
        scopes <@ array['events', 'users', 'queue', 'metrics', 'billing'] and cardinality(scopes) > 0
    ),
    constraint api_keys_token_hash_is_sha256 check (octet_length(token_hash) = 32)
);

create table notify.sessions (
    id bigint generated always as identity primary key,
    user_id uuid not null references notify.users on delete cascade,
    token_hash bytea not null unique,
    -- The service that vouched for the user; null for one who logged in here.
    api_key_id bigint references notify.api_keys,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint sessions_token_hash_is_sha256 check (octet_length(token_hash) = 32)
);

create index sessions_user_id_idx on notify.sessions (user_id);
create index sessions_api_key_id_idx on notify.sessions (api_key_id) where ended_at is null;
create index sessions_expires_at_idx on notify.sessions (expires_at);

create function notify.create_api_key(
    name text, token_hash bytea, hint text, scopes text[], expires_at timestamptz default null
) returns bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    key_id bigint;
begin
    if name is null or btrim(name) = '' then
        perform refuse('NW002', 'name', 'is missing or empty');
    elsif length(name) > 100 then
        perform refuse('NW008', 'name', 'is longer than 100 characters');
    elsif scopes is null or cardinality(scopes) = 0 then
        perform refuse('NW002', 'scopes', 'is empty: give at least one');
    elsif not scopes <@ array['events', 'users', 'queue', 'metrics', 'billing'] then
        perform refuse('NW004', 'scopes', 'holds something else than events, users, queue, metrics, billing');
    elsif expires_at <= clock_timestamp() then
        perform refuse('NW007', 'expires_at', 'is past');
    end if;
    insert into api_keys (name, token_hash, hint, scopes, expires_at)
    values (
        name, token_hash, hint, array(select distinct s from unnest(scopes) s order by s),
        nullif(expires_at, 'infinity')
    )
    returning id into key_id;
    return key_id;
end
$$;

-- At once, and with it every session that the key's holder opened. False if there is no such key in use.
create function notify.revoke_api_key(id bigint) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    update api_keys k set revoked_at = clock_timestamp() where k.id = revoke_api_key.id and k.revoked_at is null;
    if not found then
        return false;
    end if;
    update sessions s set ended_at = clock_timestamp()
    where s.api_key_id = revoke_api_key.id and s.ended_at is null;
    return true;
end
$$;

-- Opens a session for a user whom the service behind `api_key_id` has logged in. Returns when it ends: with its key at
-- the latest.
create function notify.create_session(user_id uuid, token_hash bytea, api_key_id bigint, lifetime interval)
    returns timestamptz
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    key_expires_at timestamptz;
    ends_at timestamptz;
begin
    if lifetime is null or lifetime not between interval '1 minute' and interval '24 hours' then
        perform refuse('NW004', 'lifetime_seconds', 'is not between 60 and 86400');
    end if;
    -- Against a revocation under way, which must not miss this session when it ends all of the key: it waits for us, or
    -- we for it. A key share lock would not do, it goes together with an update.
    select k.expires_at into key_expires_at
    from api_keys k where k.id = create_session.api_key_id and k.revoked_at is null for share;
    if not found then
        perform refuse('NW004', 'api_key_id', 'is no key in use');
    end if;
    perform from users u where u.id = create_session.user_id and u.is_active for key share;
    if not found then
        perform refuse('NW005', 'user_id', 'is unknown or not active');
    end if;
    insert into sessions (user_id, token_hash, api_key_id, expires_at)
    values (user_id, token_hash, api_key_id, least(clock_timestamp() + lifetime, key_expires_at))
    returning expires_at into ends_at;
    return ends_at;
end
$$;

-- Ends one session, or all of a user. Returns how many were open.
create function notify.end_sessions(user_id uuid, session_id bigint default null) returns integer
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    ended integer;
begin
    update sessions s set ended_at = clock_timestamp()
    where s.user_id = end_sessions.user_id and s.ended_at is null and s.expires_at > clock_timestamp()
        and (end_sessions.session_id is null or s.id = end_sessions.session_id);
    get diagnostics ended = row_count;
    return ended;
end
$$;

-- Who is behind each of these tokens; no row for one that nobody ever had. A batch, because one look for all requests
-- that arrive together costs hardly more than one for each.
create function notify.find_callers(token_hashes bytea[]) returns table (
    token_hash bytea, api_key_id bigint, scopes text[], session_id bigint, user_id uuid, problem text
)
    language plpgsql security definer set search_path = notify, pg_temp
    -- Planning would be most of its time; a plan that is kept while tables grow goes by their indexes.
    set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
    looked_at timestamptz := clock_timestamp();
    found record;
    used_ids bigint[];
begin
    for found in
        select
            k.token_hash, k.id, k.scopes, null::bigint as session_id, null::uuid as user_id,
            case
                when k.revoked_at is not null then 'revoked'
                when k.expires_at <= looked_at then 'expired'
            end as problem,
            k.revoked_at is null
                and (k.last_used_at is null or k.last_used_at < looked_at - interval '1 minute') as is_to_be_noted
        from api_keys k
        where k.token_hash = any (token_hashes)
        union all
        select
            s.token_hash, null, null, s.id, s.user_id,
            case
                when s.ended_at is not null or not u.is_active then 'ended'
                when s.expires_at <= looked_at then 'expired'
            end,
            false
        from sessions s
        join users u on u.id = s.user_id
        where s.token_hash = any (token_hashes)
    loop
        if found.is_to_be_noted then
            used_ids := used_ids || found.id;
        end if;
        token_hash := found.token_hash;
        api_key_id := found.id;
        scopes := found.scopes;
        session_id := found.session_id;
        user_id := found.user_id;
        problem := found.problem;
        return next;
    end loop;

    if used_ids is not null then
        -- Skipping what another process is writing: it writes the same.
        update api_keys k set last_used_at = looked_at
        from (
            select u.id from api_keys u where u.id = any (used_ids) for no key update skip locked
        ) used
        where k.id = used.id;
    end if;
end
$$;

grant select (id, name, hint, scopes, created_at, expires_at, last_used_at, revoked_at)
on notify.api_keys to notify_operator;
grant execute on function
    notify.create_api_key(text, bytea, text, text[], timestamptz), notify.revoke_api_key(bigint)
to notify_operator;
grant execute on function
    notify.create_session(uuid, bytea, bigint, interval), notify.end_sessions(uuid, bigint),
    notify.find_callers(bytea[])
to notify_api;
