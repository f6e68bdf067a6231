-- Every organisation with work, each with its first ready event: a skip scan of one index probe a bucket.
-- $1 the bucket to start at; $2 how many at most.
-- It walks over index entries of settled events that no vacuum could remove yet (0.4 s for 300,000 of them on a busy
-- machine), so it runs at start and every few seconds only; discover_buckets.sql does the work in between.
with recursive found as (
    (select e.bucket, e.queue_xid, e.id
       from notify.events e
      where e.state = 'ready' and e.bucket >= $1::uuid
      order by e.bucket, e.queue_xid, e.id
      limit 1)
    union all
    select next.bucket, next.queue_xid, next.id
      from found
     cross join lateral (
         select e.bucket, e.queue_xid, e.id
           from notify.events e
          where e.state = 'ready' and e.bucket > found.bucket
          order by e.bucket, e.queue_xid, e.id
          limit 1
     ) next
)
select s.snapshot::text, f.bucket, f.queue_xid::text::bigint, f.id
  from (select pg_current_snapshot() as snapshot) s
  left join (select * from found limit $2::int) f on true
