-- Gives events back to the queue: at once (delay 0), after a delay, or held until an operator decides or they expire.
-- They re-enter at the tail of their bucket. One that was asked to be cancelled meanwhile comes back at once, to end so.
-- An attempt that says something gets a row of notify.attempts, under the number that it has or, not charged, would have.
-- Gives back the leases that were ours, and those whose row somebody else keeps locked, to be tried again.
-- $1 ids, $2 leases, $3 delays in ms (null: hold), $4 whether the attempt is charged, $5 results (null: no attempt was
-- made), $6 phases, $7 details, $8 codes, $9 enhanced codes, $10 replies, $11 relays.
with input as (
    select *
      from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::boolean[], $5::text[], $6::text[], $7::text[],
                  $8::int[], $9::text[], $10::text[], $11::text[])
        as i (id, lease_id, delay_ms, charged, result, phase, detail, smtp_code, enhanced_code, smtp_reply, relay)
), held as materialized (
    select e.id, e.lease_id
      from input i
     cross join lateral (
         select e.id, e.lease_id
           from notify.events e
          where e.id = i.id and e.lease_id = i.lease_id
            for update skip locked
     ) e
), released as (
    update notify.events e
       set state = case
               when i.delay_ms = 0 or e.cancel_reason is not null then 'ready'
               when i.delay_ms is null then 'held'
               else 'waiting'
           end,
           due_at = case
               when i.delay_ms = 0 or e.cancel_reason is not null then e.due_at
               when i.delay_ms is null then e.expires_at
               else clock_timestamp() + i.delay_ms * interval '1 millisecond'
           end,
           queue_xid = pg_current_xact_id(),
           attempts = least(e.attempts + i.charged::int, 32767),
           tried = e.tried or i.result is not null or coalesce(i.delay_ms > 0, true),
           maybe_sent = e.maybe_sent or i.result is not distinct from 'unknown',
           worker_id = null,
           lease_id = null
      from input i
     where e.id = any (array(select h.id from held h)) and e.id = i.id and e.lease_id = i.lease_id
    returning e.id, e.attempts, e.state, e.due_at, i.lease_id
), clock as materialized (
    select clock_timestamp() as now
), noted as (
    insert into notify.attempts
           (event_id, attempt, finished_at, lease_id, relay, result, phase, smtp_code, enhanced_code, smtp_reply,
            charged, next_at, detail)
    select r.id, least(r.attempts + (not i.charged)::int, 32767), clock.now, r.lease_id, i.relay, i.result, i.phase,
           i.smtp_code, i.enhanced_code, i.smtp_reply, i.charged,
           case when r.state <> 'held' then greatest(r.due_at, clock.now) end, i.detail
      from released r
      join input i on i.id = r.id and i.lease_id = r.lease_id
     cross join clock
     where i.result is not null
)
select lease_id, false as is_locked
  from released
 union all
select i.lease_id, true
  from input i
 where not exists (select from held h where h.lease_id = i.lease_id)
   and (select true from notify.events e where e.id = i.id and e.lease_id = i.lease_id)  -- `exists` would be a join
