-- Who may do what. Nobody else may do anything: the defaults of m0001 keep PUBLIC out of the functions.

revoke all on all functions in schema notify from public;
revoke all on all tables in schema notify from public;

-- The rules of the payloads are no secret.
grant select on notify.event_kinds
to notify_producer, notify_directory, notify_worker, notify_api, notify_operator;

-- Backends that enqueue. They read and write nothing else directly.
grant execute on function
    notify.enqueue(text, uuid, jsonb, uuid, text, timestamptz, timestamptz, uuid, text),
    notify.enqueue_many(jsonb),
    notify.cancel(text, uuid)
to notify_producer;

-- The host's directory of users.
grant execute on function
    notify.upsert_user(uuid, text, text, text, text),
    notify.upsert_organization(uuid, text),
    notify.add_member(uuid, uuid, text),
    notify.remove_member(uuid, uuid)
to notify_directory;

-- The worker: what its statements touch.
grant select, insert, update, delete on notify.events, notify.event_payloads, notify.dead_events, notify.workers
to notify_worker;
grant select, insert on notify.deliveries, notify.attempts to notify_worker;
-- Update for the row locks of the purge.
grant select, update, delete on notify.dedupe_keys to notify_worker;
grant select on
    notify.users, notify.organizations, notify.memberships, notify.email_preferences, notify.installation,
    notify.queue_depth
to notify_worker;
grant usage on sequence notify.lease_ids to notify_worker;
grant execute on function
    notify.ensure_partitions(integer), notify.drop_partitions(integer), notify.release_cancelled(bigint[])
to notify_worker;

-- The HTTP API: also all that producers and the directory may (a member of both), account mails, the feed, and what
-- became of an event, for the service that asks about it.
grant execute on function notify.enqueue_account(text, text, uuid, text, text, jsonb, timestamptz) to notify_api;
grant select on
    notify.users, notify.deleted_users, notify.organizations, notify.memberships, notify.email_preferences,
    notify.installation, notify.notifications, notify.events, notify.deliveries, notify.attempts, notify.workers
to notify_api;
grant select (event_id, expires_at, finished_at) on notify.dead_events to notify_api;
grant update (read_at) on notify.notifications to notify_api;

-- Operators: the whole life of any event, but no address and no name.
grant select on
    notify.events, notify.dead_events, notify.deliveries, notify.attempts, notify.workers, notify.dedupe_keys,
    notify.organizations, notify.memberships, notify.email_preferences, notify.installation,
    notify.queue_depth
to notify_operator;
grant select (event_id, user_id, organization_id, kind, visible_at, created_at, read_at, retracted_at)
on notify.notifications to notify_operator, notify_worker;
grant select (id, locale, time_zone, is_active, has_credentials, suppressed_at, created_at, updated_at)
on notify.users to notify_operator;
grant execute on function
    notify.retry_event(bigint), notify.cancel_event(bigint), notify.discard_event(bigint)
to notify_operator;
