-- Failed and expired events that still keep their payload, newest first. $1 reason, $2 kind (null: any), $3 limit.
select d.event_id, d.kind, d.user_id, d.organization_id, d.outcome, d.reason, d.detail, d.attempts::int, d.finished_at,
       extract(epoch from clock_timestamp() - d.finished_at)::float8
  from notify.dead_events d
 where ($1::text is null or d.reason = $1) and ($2::text is null or d.kind = $2)
 order by d.finished_at desc, d.event_id desc
 limit $3::bigint
