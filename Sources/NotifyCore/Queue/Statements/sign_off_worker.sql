-- A worker that stopped in order, or whose journal was taken over. Whatever it still holds is free at once, but for what
-- somebody keeps locked and what is still to be written: with one of these the worker's lease stays. $1 worker, $2 events
-- that are still to be written.
with freed as (
    update notify.events
       set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
     where id = any (array(
               select e.id
                 from notify.events e
                where e.worker_id = $1::bigint and e.id <> all ($2::bigint[])
                  for update skip locked))
    returning id
)
delete from notify.workers
 where id = $1::bigint
   and (select true
          from notify.events e
         where e.worker_id = $1::bigint and e.id not in (select f.id from freed f)
         limit 1) is null  -- `not exists` would be a join
