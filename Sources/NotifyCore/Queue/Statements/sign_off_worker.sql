-- A worker that stopped in order, or whose journal was taken over. Whatever it still holds is free at once, but for what
-- is still to be written of it: that waits for the worker's lease, which then stays. $1 worker, $2 those events.
with freed as (
    update notify.events
       set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
     where id = any (array(
               select e.id
                 from notify.events e
                where e.worker_id = $1::bigint and e.id <> all ($2::bigint[])
                  for update skip locked))
)
delete from notify.workers where id = $1::bigint and cardinality($2::bigint[]) = 0
