-- The buckets of events that became ready since an earlier look: exactly the rows whose transaction was not visible in
-- the snapshot $1, however out of order they committed. Each is read once, whatever lies before it.
-- $2 how many rows to read at most; when `arrived` reaches it, a sweep is cheaper than reading on.
with arrived as (
    (select e.bucket, e.queue_xid
       from notify.events e
      where e.state = 'ready' and e.queue_xid >= pg_snapshot_xmax($1::text::pg_snapshot)
      order by e.queue_xid
      limit $2::int)
    union all
    (select e.bucket, e.queue_xid
       from notify.events e
      where e.state = 'ready' and e.queue_xid = any (array(select pg_snapshot_xip($1::text::pg_snapshot)))
      order by e.queue_xid
      limit $2::int)
)
select s.snapshot::text, f.bucket, f.queue_xid, f.arrived
  from (select pg_current_snapshot() as snapshot) s
  left join (
      select bucket, min(queue_xid::text::bigint) as queue_xid, count(*) as arrived from arrived group by bucket
  ) f on true
