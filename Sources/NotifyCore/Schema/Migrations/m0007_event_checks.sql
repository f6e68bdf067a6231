-- What makes an event acceptable to enqueue and enqueue_many.

create type notify.new_event as (
    kind text,
    user_id uuid,
    payload jsonb,
    organization_id uuid,
    dedupe_key text,
    send_at timestamptz,
    expires_at timestamptz,
    actor_id uuid,
    traceparent text
);

-- Refuses the first event that is not acceptable with an error of class NW. What a value held is never repeated, for
-- errors end up in logs.
--
-- On the way of every event, so it must stay cheap: one row without a subplan for each event and an index lookup each
-- for user and membership (LIMIT keeps the planner from hashing all users, 400 µs for 1,000 of them). Which key of a
-- payload is at fault is looked up only afterwards.
create function notify.check_events(events notify.new_event[], is_many boolean) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    latest timestamptz := clock_timestamp() + interval '5 years';
    -- Nowhere in a URL: control characters, spaces of any script, invisible direction marks.
    never constant text := '\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff';
    -- Nor in a host name: ASCII punctuation but for - . _ (so no user name, no port).
    never_in_host constant text := never || '\u0021-\u002c\u002f\u003a-\u0040\u005b-\u005e\u0060\u007b-\u007e';
    url_pattern constant text := '^[Hh][Tt][Tt][Pp][Ss]?://'
        '(\[[0-9A-Fa-f:.]+\]|[^.\u002d' || never_in_host || '][^' || never_in_host || ']*)'
        '(:[0-9]{1,5})?([/?#][^"<>\\' || never || ']*)?$';
    -- Nothing to be seen: spaces and invisible characters alone.
    empty_value constant jsonpath :=
        '$.* ? (@ like_regex "^[ \\t\\r\\n\\u00a0\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*$")';
    index bigint;
    problem text[];
    field text;
begin
    select e.n - 1, verdict.problem
    into index, problem
    from unnest(events) with ordinality e (
        kind, user_id, payload, organization_id, dedupe_key, send_at, expires_at, actor_id, traceparent, n
    )
    left join event_kinds k on k.kind = e.kind
    left join lateral (select true as is_known from users u where u.id = e.user_id limit 1) u on true
    left join lateral (
        select true as is_member from memberships m
        where m.organization_id = e.organization_id and m.user_id = e.user_id
        limit 1
    ) m on true
    cross join lateral (
        select case
            when e.payload is null then
                array['NW002', 'payload', 'is missing: give a JSON object']
            when jsonb_typeof(e.payload) <> 'object' then
                array['NW004', 'payload', 'is not a JSON object']
            when octet_length(e.payload::text) > 65536 then
                array['NW008', 'payload', 'is larger than 65536 octets: shorten its texts']
            when e.kind is null or e.kind = '' then
                array['NW002', 'kind', 'is missing']
            when k.kind is null and e.kind like 'account\_%' then
                array['NW001', 'kind', 'is an account mail, which producers may not send']
            when k.kind is null then
                array['NW001', 'kind', 'is unknown: see notify.event_kinds']
            when e.payload - k.known <> '{}' then
                array['NW003', null, 'is not a key of this kind''s payload: see notify.event_kinds']
            when not e.payload ?& k.required then
                array['NW002', null, 'is missing: this key of the payload is required']
            when jsonb_path_exists(e.payload, 'strict $.* ? (@.type() != "string")') then
                array['NW004', null, 'is not a string: every value of a payload is one']
            when jsonb_path_exists(e.payload - k.optional, empty_value) then
                array['NW002', null, 'is empty: this key of the payload is required']
            when length(e.payload ->> 'url') > 2000 then
                array['NW008', 'url', 'is longer than 2000 characters']
            when e.payload ->> 'url' !~ url_pattern then
                array['NW004', 'url', 'is not an absolute http(s) URL with a host, no user name and no white space']
            when e.payload ->> 'due_at' <> '' and parse_time(e.payload ->> 'due_at') is null then
                array['NW004', 'due_at', 'is not an ISO 8601 time with zone, such as 2026-03-01T09:00:00+01:00']
            when e.dedupe_key = '' then
                array['NW004', 'dedupe_key', 'is empty: leave it out, or give 1 to 255 characters']
            when length(e.dedupe_key) > 255 then
                array['NW008', 'dedupe_key', 'is longer than 255 characters']
            when e.user_id is null then
                array['NW002', 'user_id', 'is missing']
            when u.is_known is null then
                array['NW005', 'user_id', 'is unknown: call notify.upsert_user first']
            when e.organization_id is not null and m.is_member is null then
                array['NW006', 'organization_id', 'does not have the user as a member: call notify.add_member first']
            when e.send_at > latest or e.send_at = '-infinity' then
                array['NW007', 'send_at', 'is infinite or more than 5 years ahead']
            when e.expires_at > latest or e.expires_at = '-infinity' then
                array['NW007', 'expires_at', 'is infinite or more than 5 years ahead']
            when e.expires_at <= coalesce(e.send_at, now()) then
                array['NW007', 'expires_at', 'is not after send_at']
        end as problem
        offset 0
    ) verdict
    where verdict.problem is not null
    order by e.n
    limit 1;
    if not found then
        return;
    end if;

    field := coalesce(problem[2], faulty_key(events[index + 1], problem[1], empty_value));
    if not is_many then
        index := null;
    end if;
    perform refuse(problem[1], field, problem[3], index);
end
$$;

-- The key of the payload that an error of check_events is about: the first unknown one, missing or empty one, or one
-- that is not a string. empty_value finds what counts as empty in an object.
create function notify.faulty_key(event notify.new_event, code text, empty_value jsonpath) returns text
    language sql stable security definer set search_path = notify, pg_temp
as $$
    select case code
        when 'NW003' then (
            select left(min(key), 63) from jsonb_object_keys(event.payload - k.known) key
        )
        when 'NW002' then (
            select key from unnest(k.required) key
            where not event.payload ? key
                or jsonb_path_exists(jsonb_build_object(key, event.payload -> key), empty_value)
            limit 1
        )
        when 'NW004' then (
            select min(key) from jsonb_each(event.payload) as each (key, value) where jsonb_typeof(value) <> 'string'
        )
    end
    from event_kinds k
    where k.kind = event.kind
$$;
