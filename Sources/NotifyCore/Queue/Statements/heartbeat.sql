-- Extends the lease of everything that this worker holds: one row, however many events. Puts the row back if a rescue
-- removed it. $1 worker, $2 its name, $3 lease in seconds.
insert into notify.workers as w (id, name, started_at, heartbeat_at, expires_at)
values ($1::bigint, $2::text, clock_timestamp(), clock_timestamp(), clock_timestamp() + $3::float8 * interval '1 second')
    on conflict (id) do update
   set heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at
returning heartbeat_at
