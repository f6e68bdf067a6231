-- enqueue for up to 100,000 events at once: all or none, the ids in input order.

-- Turns the objects into events, or refuses the first one whose members are not what enqueue takes as arguments.
-- Indexes count from 0, as in `events -> 0`.
create function notify.parse_events(events jsonb) returns notify.new_event[]
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    arguments constant text[] :=
        '{kind,user_id,payload,organization_id,dedupe_key,send_at,expires_at,actor_id,traceparent}';
    parsed new_event[];
    problems text[];
    index bigint;
    field text;
begin
    if jsonb_path_exists(events, 'strict $[*] ? (@.type() != "object")') then
        select min(o.n) - 1 into index
        from jsonb_array_elements(events) with ordinality o (object, n)
        where jsonb_typeof(o.object) <> 'object';
        perform refuse('NW004', 'events', 'holds something else than an object', index);
    end if;

    select
        array_agg(case when verdict.problem is null then row(
            o.object ->> 'kind',
            (o.object ->> 'user_id')::uuid,
            nullif(o.object -> 'payload', 'null'),
            (o.object ->> 'organization_id')::uuid,
            o.object ->> 'dedupe_key',
            (o.object ->> 'send_at')::timestamptz,
            (o.object ->> 'expires_at')::timestamptz,
            (o.object ->> 'actor_id')::uuid,
            o.object ->> 'traceparent'
        )::new_event end),
        array_agg(verdict.problem || (o.n - 1)::text) filter (where verdict.problem is not null)
    into parsed, problems
    from jsonb_array_elements(events) with ordinality o (object, n)
    cross join lateral (
        select case
            when o.object - arguments <> '{}' then
                array['NW003', null, 'is not an argument of notify.enqueue']
            -- A traceparent may be anything: W3C Trace Context has a receiver ignore what it cannot read.
            when jsonb_path_exists(
                o.object - '{payload,traceparent}'::text[], 'strict $.* ? (@.type() != "string" && @ != null)'
            ) then
                array['NW004', null, 'is not a string']
            when o.object ->> 'send_at' in ('infinity', '-infinity') then
                array['NW007', 'send_at', 'is infinite']
            when o.object ->> 'expires_at' in ('infinity', '-infinity') then
                array['NW007', 'expires_at', 'is infinite']
            when o.object ->> 'send_at' is not null and parse_time(o.object ->> 'send_at') is null then
                array['NW004', 'send_at', 'is not an ISO 8601 time with zone, such as 2026-03-01T09:00:00+01:00']
            when o.object ->> 'expires_at' is not null and parse_time(o.object ->> 'expires_at') is null then
                array['NW004', 'expires_at', 'is not an ISO 8601 time with zone, such as 2026-03-01T09:00:00+01:00']
        end as problem
        offset 0
    ) verdict;
    if problems is not null then
        index := problems[1][4];
        field := coalesce(problems[1][2], (
            select left(min(m.key), 63)
            from jsonb_each(events -> index::int) m
            where case problems[1][1]
                when 'NW003' then m.key <> all (arguments)
                else m.key not in ('payload', 'traceparent') and jsonb_typeof(m.value) not in ('string', 'null')
            end
        ));
        perform refuse(problems[1][1], field, problems[1][3], index);
    end if;
    return parsed;
exception when invalid_text_representation then
    perform refuse_bad_uuid(events);
end
$$;

-- Names the first id that is not a UUID, after the cast of one has failed: a pattern match on every id of a batch
-- would cost more than all its other checks together (2 µs each).
create function notify.refuse_bad_uuid(events jsonb) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    uuid_pattern constant text := '^(\{([0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4}\}|([0-9A-Fa-f]{4}-?){7}[0-9A-Fa-f]{4})$';
    first_bad record;
begin
    select o.n - 1 as index, f.name
    into first_bad
    from jsonb_array_elements(events) with ordinality o (object, n)
    cross join lateral unnest(array['user_id', 'organization_id', 'actor_id']) with ordinality f (name, n)
    where o.object ->> f.name !~ uuid_pattern
    order by o.n, f.n
    limit 1;
    perform refuse('NW004', coalesce(first_bad.name, 'events'), 'is not a UUID', first_bad.index);
end
$$;

-- Generic plans: a plan made for the batch would copy the whole of it again and again. 128 MB hold the working copies
-- of 100,000 usual events; with the default of 4 MB they are written to disk and read back five times.
create function notify.enqueue_many(events jsonb) returns setof bigint
    language plpgsql security definer set search_path = notify, pg_temp
    set plan_cache_mode = force_generic_plan set work_mem = '128MB'
as $$
begin
    if events is null then
        perform refuse('NW002', 'events', 'is missing: give a JSON array');
    elsif jsonb_typeof(events) <> 'array' then
        perform refuse('NW004', 'events', 'is not a JSON array');
    elsif jsonb_array_length(events) > 100000 then
        perform refuse('NW008', 'events', 'holds more than 100000 events: split it');
    elsif jsonb_array_length(events) > 0 then
        return query select unnest(enqueue_batch(parse_events(events), true));
    end if;
end
$$;
