-- Makes held events of a kind (null: any) due at once, in the order of their ids, after $2 and at most $3 a call.
-- The ids only rise, so that no call meets an event that was tried and held again meanwhile.
with chosen as materialized (
    select e.id
      from notify.events e
     where e.state = 'held' and ($1::text is null or e.kind = $1) and e.id > $2::bigint
     order by e.id
     limit $3::bigint
)
select c.id, notify.retry_event(c.id) from chosen c order by c.id
