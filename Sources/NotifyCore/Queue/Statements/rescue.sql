-- Frees what dead workers held. The lease id stays on the row, so that a worker that was only slow can still record
-- what its relay answered, until someone else claims the event.
with dead as (
    delete from notify.workers
     where id in (select id from notify.workers where expires_at < clock_timestamp() for update skip locked)
    returning id
), freed as (
    update notify.events e
       set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
     where e.worker_id is not null
       and not exists (select from notify.workers w where w.id = e.worker_id and w.expires_at >= clock_timestamp())
    returning e.id
)
select (select count(*) from dead), (select count(*) from freed)
