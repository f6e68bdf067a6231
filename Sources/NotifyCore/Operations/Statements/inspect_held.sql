-- Held events, the longest held first, each with the attempt that may have been a delivery.
-- $1 kind (null: any), $2 how many at most.
select e.id, e.kind, e.user_id, e.organization_id, e.attempts::int, a.finished_at, a.relay, a.detail, e.expires_at,
       extract(epoch from clock_timestamp() - a.finished_at)::float8
  from notify.events e
  left join lateral (
           select a.finished_at, a.relay, a.detail
             from notify.attempts a
            where a.event_id = e.id
            order by a.finished_at desc
            limit 1
       ) a on true
 where e.state = 'held' and ($1::text is null or e.kind = $1)
 order by a.finished_at, e.id
 limit $2::bigint
