-- A new worker: its id and the installation's. $1 its name, $2 lease in seconds.
insert into notify.workers (name, started_at, heartbeat_at, expires_at)
values ($1::text, clock_timestamp(), clock_timestamp(), clock_timestamp() + $2::float8 * interval '1 second')
returning id, (select i.id from notify.installation i)
