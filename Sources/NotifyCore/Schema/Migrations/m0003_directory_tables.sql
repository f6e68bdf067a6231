-- Who can be written to: users, organisations, memberships and the five e-mail switches.

create table notify.users (
    id uuid primary key,
    email text not null,
    display_name text not null default '',
    locale text not null default 'en',
    time_zone text not null default 'UTC',
    is_active boolean not null default true,
    -- Signs in here with credentials of their own: then the address is theirs and upsert_user leaves it alone.
    has_credentials boolean not null default false,
    suppressed_at timestamptz,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp()
);

create unique index users_email_key on notify.users (lower(email));

-- Ids of deleted accounts and nothing else, so that a late directory sync cannot bring one back.
create table notify.deleted_users (
    id uuid primary key,
    deleted_at timestamptz not null default clock_timestamp()
);

create table notify.organizations (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    -- Both ids name fairness buckets of the queue: events without an organisation, and account mails.
    constraint organizations_id_not_reserved check (
        id not in ('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff')
    )
);

create table notify.memberships (
    organization_id uuid not null references notify.organizations on delete cascade,
    user_id uuid not null references notify.users on delete cascade,
    role text not null default 'agent',
    created_at timestamptz not null default clock_timestamp(),
    primary key (organization_id, user_id),
    constraint memberships_role_known check (role in ('owner', 'admin', 'agent'))
);

create index memberships_user_id_idx on notify.memberships (user_id);

-- The kinds that a producer may enqueue, the switch of each, and the keys of its payload. All values are strings;
-- wherever they occur, `url` is an absolute http(s) URL and `due_at` an ISO 8601 time with zone.
create table notify.event_kinds (
    kind text primary key,
    switch text not null unique,
    required text[] not null,
    optional text[] not null,
    known text[] not null generated always as (required || optional) stored,
    constraint event_kinds_not_account check (kind not like 'account\_%')
);

insert into notify.event_kinds (kind, switch, required, optional) values
    ('assigned_conversation', 'assigned_conversations',
        '{conversation_id,subject,url}', '{assigned_by,customer,preview}'),
    ('assigned_ticket', 'assigned_tickets',
        '{ticket_id,subject,url}', '{assigned_by,priority,due_at,preview}'),
    ('conversation_note', 'notes_in_assigned_conversations',
        '{conversation_id,note_id,subject,author,note,url}', '{}'),
    ('assigned_reminder', 'assigned_reminders',
        '{reminder_id,title,url}', '{due_at,assigned_by,note}'),
    ('assigned_inquiry', 'assigned_inquiries',
        '{inquiry_id,subject,url}', '{assigned_by,customer,message}');

-- A missing row means on; a new user gets all five, on.
create table notify.email_preferences (
    user_id uuid not null references notify.users on delete cascade,
    switch text not null references notify.event_kinds (switch),
    enabled boolean not null default true,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (user_id, switch)
);

-- One row: what tells this installation from others, such as a restored copy of its database.
create table notify.installation (
    id uuid primary key default gen_random_uuid(),
    created_at timestamptz not null default clock_timestamp()
);

create unique index installation_single_row_idx on notify.installation ((true));

insert into notify.installation default values;
