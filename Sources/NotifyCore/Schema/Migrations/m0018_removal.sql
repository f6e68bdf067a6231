-- Taking users and organisations out of the directory. Not the deletion of an account, which leaves a tombstone: a
-- user whom the host removes may come back under the same id.

-- With feed, switches, memberships and sessions. Mails still queued end as cancelled, recipient_gone. False if there
-- was no such user.
create function notify.remove_user(id uuid) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    version bigint;
begin
    delete from users u where u.id = remove_user.id returning u.preferences_version into version;
    if not found then
        return false;
    end if;
    update installation i set preferences_floor = version + 1 where version > 0 and i.preferences_floor <= version;
    delete from notifications n where n.user_id = remove_user.id;
    return true;
end
$$;

-- With its memberships. Mails still queued end as skipped, not_a_member. False if there was no such organisation.
create function notify.remove_organization(id uuid) returns boolean
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    delete from organizations o where o.id = remove_organization.id;
    return found;
end
$$;

grant execute on function notify.remove_user(uuid), notify.remove_organization(uuid) to notify_directory;
