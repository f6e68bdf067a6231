-- What the host's directory tells: users, organisations and members. Their switches: m0016.

create function notify.upsert_user(
    id uuid, email text, display_name text, locale text default 'en', time_zone text default 'UTC'
) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    zone text := time_zone_name(coalesce(time_zone, 'UTC'));
    is_address_settled boolean;
begin
    if id is null then
        perform refuse('NW002', 'id', 'is missing');
    end if;
    perform check_address('email', email);
    if length(display_name) > 10000 then
        perform refuse('NW008', 'display_name', 'is longer than 10000 characters');
    end if;
    perform check_locale(coalesce(locale, 'en'));
    if zone is null then
        perform refuse('NW004', 'time_zone', 'is not the name of a time zone such as Europe/Berlin');
    end if;
    if exists (select from deleted_users d where d.id = upsert_user.id) then
        perform refuse('NW009', 'id', 'is the id of a deleted account and cannot be used again');
    end if;

    loop
        -- Also does nothing when the address is taken, without the subtransaction that catching the error would cost.
        insert into users (id, email, display_name, locale, time_zone)
        values (id, email, coalesce(display_name, ''), coalesce(locale, 'en'), zone)
        on conflict do nothing;
        if found then
            insert into email_preferences (user_id, switch) select upsert_user.id, k.switch from event_kinds k;
            return;
        end if;

        -- A directory sync sends everybody again: only what differs is written.
        update users u set
            display_name = coalesce(upsert_user.display_name, ''),
            locale = coalesce(upsert_user.locale, 'en'),
            time_zone = zone,
            updated_at = clock_timestamp()
        where u.id = upsert_user.id
            and (u.display_name, u.locale, u.time_zone)
                <> (coalesce(upsert_user.display_name, ''), coalesce(upsert_user.locale, 'en'), zone);
        select u.has_credentials or u.email = upsert_user.email into is_address_settled
        from users u where u.id = upsert_user.id;
        if is_address_settled then
            return;
        elsif found then
            begin
                update users u set email = upsert_user.email, updated_at = clock_timestamp()
                -- Looked at again: the account may just have taken its address into its own hands.
                where u.id = upsert_user.id and not u.has_credentials;
            exception when unique_violation then
                perform refuse('NW010', 'email', 'belongs to another user');
            end;
            return;
        elsif exists (select from users u where lower(u.email) = lower(upsert_user.email)) then
            perform refuse('NW010', 'email', 'belongs to another user');
        end if;
        -- Neither: who was in the way has just gone.
    end loop;
end
$$;

create function notify.upsert_organization(id uuid, name text) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    if id is null then
        perform refuse('NW002', 'id', 'is missing');
    elsif id in ('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff') then
        perform refuse('NW004', 'id', 'is reserved');
    elsif name is null or btrim(name) = '' then
        perform refuse('NW002', 'name', 'is missing or empty');
    elsif length(name) > 10000 then
        perform refuse('NW008', 'name', 'is longer than 10000 characters');
    end if;
    insert into organizations as o (id, name) values (upsert_organization.id, upsert_organization.name)
    on conflict on constraint organizations_pkey do update set name = excluded.name, updated_at = clock_timestamp()
    where o.name <> excluded.name;
end
$$;

create function notify.add_member(organization_id uuid, user_id uuid, role text default 'agent') returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    if role is null or role not in ('owner', 'admin', 'agent') then
        perform refuse('NW004', 'role', 'is not one of owner, admin, agent');
    end if;
    -- Key-share locks, so that neither can vanish before the row that refers to it is in.
    perform from organizations o where o.id = add_member.organization_id for key share;
    if not found then
        perform refuse('NW004', 'organization_id', 'is unknown: call notify.upsert_organization first');
    end if;
    perform from users u where u.id = add_member.user_id for key share;
    if not found then
        perform refuse('NW005', 'user_id', 'is unknown: call notify.upsert_user first');
    end if;
    insert into memberships as m (organization_id, user_id, role)
    values (add_member.organization_id, add_member.user_id, add_member.role)
    on conflict on constraint memberships_pkey do update set role = excluded.role where m.role <> excluded.role;
end
$$;

create function notify.remove_member(organization_id uuid, user_id uuid) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    delete from memberships m
    where m.organization_id = remove_member.organization_id and m.user_id = remove_member.user_id;
end
$$;
