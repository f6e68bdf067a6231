-- Who changed which switch, when and through what; and one way of changing for SQL, services, users and links.

-- Counts the changes of a user's switches: what an ETag is made of. A user who comes back after a removal starts above
-- what any removed one had, or an old tag would fit new switches.
alter table notify.users add column preferences_version bigint not null default 0;
alter table notify.installation add column preferences_floor bigint not null default 0;

create function notify.first_preferences_version() returns bigint
    language sql stable security definer set search_path = notify, pg_temp
as $$
    select i.preferences_floor from installation i
$$;

alter table notify.users alter column preferences_version set default notify.first_preferences_version();

create table notify.email_preference_changes (
    id bigint generated always as identity primary key,
    user_id uuid not null references notify.users on delete cascade,
    switch text not null,
    enabled boolean not null,
    changed_at timestamptz not null default clock_timestamp(),
    via text not null,
    -- role NAME, api_key ID, session ID or event ID.
    actor text not null,
    constraint email_preference_changes_via_known check (
        via in ('sql', 'service', 'user', 'unsubscribe', 'unsubscribe_undo')
    )
);

create index email_preference_changes_user_id_idx on notify.email_preference_changes (user_id, id desc);

create type notify.preference_change as (
    index integer, user_id uuid, switches jsonb, version bigint, via text, actor text,
    -- The first, second … of the same user in one call: it sees what the one before it did.
    turn integer
);

-- The versions and the switches that are off of these users; no row for one who is not there. A function for its
-- settings: its plan is kept, which saves most of the time of so small a statement, and while tables grow, so it goes by
-- their indexes even where they are small.
create function notify.read_email_preferences(user_ids uuid[]) returns table (
    user_id uuid, version bigint, switches_off text[]
)
    language plpgsql stable security definer set search_path = notify, pg_temp
    set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
begin
    return query
    select u.id, u.preferences_version,
        array(select p.switch from email_preferences p where p.user_id = u.id and not p.enabled)
    from users u
    where u.id = any (user_ids);
end
$$;

-- Sets switches where they differ, and records each: those of many users in one transaction, each change with an answer
-- of its own. `changes` is an array of {user_id, switches: {name: boolean}, version, via, actor}; one with a version is
-- made only if that is the present one. Answers with the user's version and switches after it, or with the problem why
-- nothing was changed: unknown_user, version_mismatch or, where the users' rows are not waited for, locked.
create function notify.change_email_preferences(changes jsonb, skip_locked boolean default false) returns table (
    index integer, problem text, version bigint, switches_off text[]
)
    language plpgsql security definer set search_path = notify, pg_temp
    set plan_cache_mode = force_generic_plan set enable_seqscan = off
as $$
declare
    kept_changes constant integer := 500;
    parsed preference_change[];
    turns integer;
    asked_ids uuid[];
    held_ids uuid[];
    held_versions bigint[];
    changed_ids uuid[];
    bumped record;
begin
    select array_agg(c.change), max((c.change).turn)
    into parsed, turns
    from (
        select row(
            o.n - 1, (o.object ->> 'user_id')::uuid, o.object -> 'switches', (o.object ->> 'version')::bigint,
            o.object ->> 'via', o.object ->> 'actor',
            row_number() over (partition by (o.object ->> 'user_id')::uuid order by o.n)
        )::preference_change as change
        from jsonb_array_elements(changes) with ordinality o (object, n)
    ) c;

    for this_turn in 1..coalesce(turns, 0) loop
        asked_ids := array(select p.user_id from unnest(parsed) p where p.turn = this_turn);
        -- A user's row orders the changes to them; whoever only enqueues for them is not held up by it. Locked in the
        -- order of the ids, so that two such calls never wait for each other crosswise.
        if skip_locked then
            select array_agg(h.id), array_agg(h.preferences_version) into held_ids, held_versions
            from (
                select u.id, u.preferences_version from users u where u.id = any (asked_ids)
                order by u.id for no key update of u skip locked
            ) h;
        else
            select array_agg(h.id), array_agg(h.preferences_version) into held_ids, held_versions
            from (
                select u.id, u.preferences_version from users u where u.id = any (asked_ids)
                order by u.id for no key update of u
            ) h;
        end if;

        with asked as (
            select p.*
            from unnest(parsed) p
            join unnest(held_ids, held_versions) h (id, version) on h.id = p.user_id
            where p.turn = this_turn and (p.version is null or p.version = h.version)
        ), changed as (
            insert into email_preferences as e (user_id, switch, enabled)
            select a.user_id, s.key, s.value::boolean
            from asked a
            cross join lateral jsonb_each_text(a.switches) s
            -- A switch that was never touched is on.
            where s.value::boolean is distinct from coalesce(
                (select p.enabled from email_preferences p where p.user_id = a.user_id and p.switch = s.key), true
            )
            on conflict on constraint email_preferences_pkey do update
                set enabled = excluded.enabled, updated_at = clock_timestamp()
                where e.enabled <> excluded.enabled
            returning e.user_id, e.switch, e.enabled
        ), recorded as (
            insert into email_preference_changes (user_id, switch, enabled, via, actor)
            select c.user_id, c.switch, c.enabled, a.via, a.actor
            from changed c
            join asked a on a.user_id = c.user_id
            order by a.index, c.switch
        )
        select array_agg(distinct c.user_id) into changed_ids from changed c;

        for bumped in
            update users u set preferences_version = u.preferences_version + 1
            where u.id = any (changed_ids)
            returning u.id, u.preferences_version as version
        loop
            -- Now and then: a look for it costs more than the change.
            if bumped.version % 50 = 0 then
                delete from email_preference_changes c
                where c.user_id = bumped.id and c.id <= (
                    select o.id from email_preference_changes o
                    where o.user_id = bumped.id
                    order by o.id desc offset kept_changes limit 1
                );
            end if;
        end loop;

        return query
        select p.index, answer.problem,
            case when answer.problem is null then h.version + coalesce(p.user_id = any (changed_ids), false)::integer end,
            array(
                select e.switch from email_preferences e
                where e.user_id = p.user_id and not e.enabled order by e.switch
            )
        from unnest(parsed) p
        left join unnest(held_ids, held_versions) h (id, version) on h.id = p.user_id
        cross join lateral (
            select case
                when p.version <> h.version then 'version_mismatch'
                when h.id is not null then null
                when exists (select from users u where u.id = p.user_id) then 'locked'
                else 'unknown_user'
            end
        ) answer (problem)
        where p.turn = this_turn;
    end loop;
end
$$;

-- Turns a switch on again that this event's link turned off less than 24 hours ago, if nobody has touched it since.
create function notify.undo_unsubscribe(user_id uuid, switch text, event_id bigint) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    perform from users u where u.id = undo_unsubscribe.user_id for no key update;
    if not may_undo_unsubscribe(user_id, switch, event_id) then
        return false;
    end if;
    perform from change_email_preferences(jsonb_build_array(jsonb_build_object(
        'user_id', user_id, 'switches', jsonb_build_object(switch, true),
        'via', 'unsubscribe_undo', 'actor', 'event ' || event_id
    )));
    return true;
end
$$;

create function notify.may_undo_unsubscribe(user_id uuid, switch text, event_id bigint) returns boolean
    language sql stable security definer set search_path = notify, pg_temp
as $$
    select coalesce(
        (
            select c.via = 'unsubscribe' and c.actor = 'event ' || may_undo_unsubscribe.event_id
                and c.changed_at > clock_timestamp() - interval '24 hours'
            from email_preference_changes c
            where c.user_id = may_undo_unsubscribe.user_id and c.switch = may_undo_unsubscribe.switch
            order by c.id desc
            limit 1
        ),
        false
    )
$$;

-- For SQL callers; recorded under the role that they logged in as.
create function notify.set_email_preference(user_id uuid, switch text, enabled boolean) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    if switch is null then
        perform refuse('NW002', 'switch', 'is missing');
    elsif not exists (select from event_kinds k where k.switch = set_email_preference.switch) then
        perform refuse('NW004', 'switch', 'is unknown: see notify.event_kinds');
    elsif enabled is null then
        perform refuse('NW002', 'enabled', 'is missing: true or false');
    end if;
    if 'unknown_user' in (
        select c.problem
        from change_email_preferences(jsonb_build_array(jsonb_build_object(
            'user_id', user_id, 'switches', jsonb_build_object(switch, enabled),
            'via', 'sql', 'actor', 'role ' || session_user
        ))) c
    ) then
        perform refuse('NW005', 'user_id', 'is unknown: call notify.upsert_user first');
    end if;
end
$$;

grant execute on function notify.set_email_preference(uuid, text, boolean) to notify_directory;
grant select on notify.email_preference_changes to notify_api, notify_operator;
grant execute on function
    notify.read_email_preferences(uuid[]), notify.change_email_preferences(jsonb, boolean),
    notify.undo_unsubscribe(uuid, text, bigint), notify.may_undo_unsubscribe(uuid, text, bigint)
to notify_api;
grant select (preferences_version) on notify.users to notify_operator;
