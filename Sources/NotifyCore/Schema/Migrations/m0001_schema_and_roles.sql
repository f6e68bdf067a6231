-- Roles, the schema and the table of migrations. Runs as the role that migrates, which need not be a superuser:
-- CREATEROLE and CREATE on the database are enough. Later migrations run as notify_owner.

do $$
begin
    if current_setting('server_encoding') <> 'UTF8' then
        raise exception 'the database is not encoded in UTF8'
            using hint = 'Create it with: create database … encoding ''UTF8'' template template0.';
    end if;
end
$$;

-- Roles belong to the whole cluster: another database may have made them, or be making them at this moment
-- (then CREATE ROLE fails on the catalog's unique index, not with "already exists").
do $$
declare
    name text;
begin
    foreach name in array array[
        'notify_owner', 'notify_producer', 'notify_directory', 'notify_worker', 'notify_api', 'notify_operator'
    ] loop
        if not exists (select from pg_roles where rolname = name) then
            begin
                execute format('create role %I nologin', name);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
    end loop;
end
$$;

-- From PostgreSQL 16 on, who creates a role administers it but may not yet act as it.
do $$
begin
    if not pg_has_role(
        current_user, 'notify_owner',
        case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end
    ) then
        execute format('grant notify_owner to %I', current_user);
    end if;
end
$$;

-- The API does all that producers and the host's directory may do.
do $$
declare
    name text;
begin
    foreach name in array array['notify_producer', 'notify_directory'] loop
        if not pg_has_role('notify_api', name, 'USAGE') then
            execute format('grant %I to notify_api', name);
        end if;
    end loop;
end
$$;

create schema if not exists notify authorization notify_owner;

set local role notify_owner;

-- PUBLIC may execute every new function unless the owner's global defaults say otherwise; revoking per schema
-- ("in schema notify") would change nothing.
alter default privileges revoke execute on functions from public;

grant usage on schema notify to notify_producer, notify_directory, notify_worker, notify_api, notify_operator;

create table notify.migrations (
    number integer primary key,
    name text not null,
    applied_at timestamptz not null default clock_timestamp(),
    -- Migrations add, so an older program keeps working beside them. One that does not sets this on its own row, and
    -- programs that do not know it then refuse to start.
    is_breaking boolean not null default false
);

grant select on notify.migrations to notify_worker, notify_api, notify_operator;
