-- Puts the oldest dead events of a reason and kind (null: any) up to $4 back into the queue, at most $3 a call.
-- The bound keeps a second call from meeting an event that died again meanwhile. Account mails were kept without
-- their address and cannot be retried.
with chosen as materialized (
    select d.event_id
      from notify.dead_events d
     where ($1::text is null or d.reason = $1) and ($2::text is null or d.kind = $2) and d.finished_at <= $4::timestamptz
       and d.kind not like 'account\_%'
     order by d.finished_at, d.event_id
     limit $3::bigint
)
select c.event_id, notify.retry_event(c.event_id) from chosen c
