-- The workers that signed on and did not sign off, with how long their lease still runs and how much they hold.
select w.id, w.name, w.started_at,
       extract(epoch from clock_timestamp() - w.heartbeat_at)::float8,
       extract(epoch from w.expires_at - clock_timestamp())::float8,
       (select count(*) from notify.events e where e.worker_id = w.id)
  from notify.workers w
 order by w.id
