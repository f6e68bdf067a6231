-- Frees events that the worker holds without knowing it; one that is locked stays for the next time. $1 ids, $2 leases.
update notify.events e
   set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
 where e.id = any (array(
           select e.id
             from unnest($1::bigint[], $2::bigint[]) as o (id, lease_id)
            cross join lateral (
                select e.id
                  from notify.events e
                 where e.id = o.id and e.lease_id = o.lease_id and e.state = 'leased'
                   for update skip locked
            ) e))
