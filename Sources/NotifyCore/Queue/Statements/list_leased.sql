-- What the database believes this worker to hold. $1 worker.
select id, lease_id from notify.events where worker_id = $1::bigint
