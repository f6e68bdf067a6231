-- Frees events that the worker holds without knowing it. $1 ids, $2 leases.
update notify.events e
   set state = 'ready', worker_id = null, queue_xid = pg_current_xact_id()
  from unnest($1::bigint[], $2::bigint[]) as o (id, lease_id)
 where e.id = o.id and e.lease_id = o.lease_id and e.state = 'leased'
