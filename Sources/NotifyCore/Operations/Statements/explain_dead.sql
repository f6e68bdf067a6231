-- Whether the payload is kept aside for a retry by hand, and when it expired or would have.
select d.expires_at, d.finished_at from notify.dead_events d where d.event_id = $1::bigint
