-- Who changed which switch, when and through what; and one way of changing for SQL, services, users and links.

-- Counts the changes of a user's switches: what an ETag is made of.
alter table notify.users add column preferences_version bigint not null default 0;

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

-- The switches that are off, by name.
create function notify.switches_off(user_id uuid) returns text[]
    language sql stable security definer set search_path = notify, pg_temp
as $$
    select coalesce(array_agg(p.switch order by p.switch), '{}')
    from email_preferences p
    where p.user_id = switches_off.user_id and not p.enabled
$$;

-- Sets the switches of one user that differ, and records each. Gives the user's version after it; null for a user who
-- is not there; minus one, with nothing changed, when `expected_version` is not the present one.
create function notify.apply_preferences(
    user_id uuid, switches jsonb, expected_version bigint, via text, actor text
) returns bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    kept_changes constant integer := 500;
    version bigint;
    changed boolean;
begin
    -- The user's row orders the changes of one user; whoever only enqueues for them is not held up by it.
    select u.preferences_version into version
    from users u where u.id = apply_preferences.user_id for no key update;
    if not found then
        return null;
    elsif version <> expected_version then
        return -1;
    end if;

    with changed as (
        insert into email_preferences as p (user_id, switch, enabled)
        select apply_preferences.user_id, s.key, s.value::boolean from jsonb_each_text(switches) s
        on conflict on constraint email_preferences_pkey do update
            set enabled = excluded.enabled, updated_at = clock_timestamp()
            where p.enabled <> excluded.enabled
        returning p.switch, p.enabled
    ), recorded as (
        insert into email_preference_changes (user_id, switch, enabled, via, actor)
        select apply_preferences.user_id, c.switch, c.enabled, apply_preferences.via, apply_preferences.actor
        from changed c
        order by c.switch
        returning true
    )
    select count(*) > 0 into changed from recorded;
    if not changed then
        return version;
    end if;

    update users u set preferences_version = u.preferences_version + 1
    where u.id = apply_preferences.user_id
    returning u.preferences_version into version;
    delete from email_preference_changes c
    where c.user_id = apply_preferences.user_id and c.id <= (
        select o.id from email_preference_changes o
        where o.user_id = apply_preferences.user_id
        order by o.id desc offset kept_changes limit 1
    );
    return version;
end
$$;

-- For the HTTP API: many users' changes in one transaction, each with an answer of its own, in the order of the input.
-- `changes` is an array of {user_id, switches: {name: boolean}, version, via, actor}; `version` may be null.
create function notify.change_email_preferences(changes jsonb) returns table (
    index integer, problem text, version bigint, switches_off text[]
)
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    change record;
begin
    -- Sorted, so that two such calls never wait for each other crosswise.
    for change in
        select
            (c.n - 1)::integer as n, (c.object ->> 'user_id')::uuid as user_id, c.object -> 'switches' as switches,
            (c.object ->> 'version')::bigint as version, c.object ->> 'via' as via, c.object ->> 'actor' as actor
        from jsonb_array_elements(changes) with ordinality c (object, n)
        order by (c.object ->> 'user_id')::uuid, c.n
    loop
        index := change.n;
        version := apply_preferences(change.user_id, change.switches, change.version, change.via, change.actor);
        problem := case when version is null then 'unknown_user' when version = -1 then 'version_mismatch' end;
        version := nullif(version, -1);
        switches_off := notify.switches_off(change.user_id);
        return next;
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
    perform apply_preferences(
        user_id, jsonb_build_object(switch, true), null, 'unsubscribe_undo', 'event ' || event_id
    );
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
    if apply_preferences(user_id, jsonb_build_object(switch, enabled), null, 'sql', 'role ' || session_user) is null then
        perform refuse('NW005', 'user_id', 'is unknown: call notify.upsert_user first');
    end if;
end
$$;

grant execute on function notify.set_email_preference(uuid, text, boolean) to notify_directory;
grant select on notify.email_preference_changes to notify_api, notify_operator;
grant execute on function
    notify.change_email_preferences(jsonb), notify.switches_off(uuid),
    notify.undo_unsubscribe(uuid, text, bigint), notify.may_undo_unsubscribe(uuid, text, bigint)
to notify_api;
grant select (preferences_version) on notify.users to notify_operator;
