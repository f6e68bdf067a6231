-- $6 when to send, or $7 seconds from now, or now.
select notify.enqueue(
    kind => $1::text, user_id => $2::uuid, payload => $3::jsonb, organization_id => $4::uuid, dedupe_key => $5::text,
    send_at => coalesce($6::text::timestamptz, now() + $7::float8 * interval '1 second', now()),
    expires_at => $8::text::timestamptz, actor_id => $9::uuid, traceparent => $10::text)
