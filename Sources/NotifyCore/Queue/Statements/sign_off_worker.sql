-- A worker that stopped in order. Whatever it could not give back is free at once. $1 worker.
with freed as (
    update notify.events
       set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
     where id = any (array(
               select e.id from notify.events e where e.worker_id = $1::bigint for update skip locked))
)
delete from notify.workers where id = $1::bigint
