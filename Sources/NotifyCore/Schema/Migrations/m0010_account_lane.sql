-- Account mails: a lane of their own ahead of notifications, for the API's role only, or any producer could send
-- "reset your password". The row carries its own address, there is no feed row, and cancel does not see it.

create function notify.enqueue_account(
    kind text, to_address text, user_id uuid, locale text, time_zone text, payload jsonb, expires_at timestamptz
) returns bigint
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    account_lane constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    queued_at timestamptz := clock_timestamp();
    zone text := time_zone_name(coalesce(time_zone, 'UTC'));
    event_id bigint;
begin
    if kind is null or kind = '' then
        perform refuse('NW002', 'kind', 'is missing');
    elsif kind !~ '^account_[a-z0-9_]{1,50}$' then
        perform refuse('NW001', 'kind', 'is not an account mail');
    elsif payload is null then
        perform refuse('NW002', 'payload', 'is missing: give a JSON object');
    elsif jsonb_typeof(payload) <> 'object' or jsonb_path_exists(payload, 'strict $.* ? (@.type() != "string")') then
        perform refuse('NW004', 'payload', 'is not a JSON object of strings');
    elsif octet_length(payload::text) > 65536 then
        perform refuse('NW008', 'payload', 'is larger than 65536 octets');
    elsif zone is null then
        perform refuse('NW004', 'time_zone', 'is not the name of a time zone such as Europe/Berlin');
    elsif expires_at is null then
        perform refuse('NW002', 'expires_at', 'is missing: give the time at which the link dies');
    elsif expires_at <= queued_at or expires_at > queued_at + interval '5 years' then
        perform refuse('NW007', 'expires_at', 'is past or more than 5 years ahead');
    end if;
    perform check_address('to_address', to_address);
    perform check_locale(coalesce(locale, 'en'));

    insert into events (kind, bucket, user_id, state, due_at, expires_at, enqueued_at)
    values (kind, account_lane, user_id, 'ready', queued_at, expires_at, queued_at)
    returning id into event_id;
    insert into event_payloads (event_id, payload, to_address, locale, time_zone)
    values (event_id, payload, to_address, coalesce(locale, 'en'), zone);
    perform wake();
    return event_id;
end
$$;
