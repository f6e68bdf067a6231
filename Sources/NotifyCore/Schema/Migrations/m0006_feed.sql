-- The in-app feed: one row for each event of a producer, written with it whatever the e-mail switches say.

create table notify.notifications (
    event_id bigint primary key,
    user_id uuid not null,
    organization_id uuid,
    actor_id uuid,
    kind text not null,
    payload jsonb not null,
    -- The event's send_at: a reminder set for tomorrow shows tomorrow.
    visible_at timestamptz not null,
    created_at timestamptz not null default clock_timestamp(),
    read_at timestamptz,
    retracted_at timestamptz
);

create index notifications_user_id_idx on notify.notifications (user_id, visible_at desc, event_id desc);
