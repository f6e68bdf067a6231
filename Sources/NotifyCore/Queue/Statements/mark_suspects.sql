-- Frees at once what a killed worker had begun, each into the suspect lane, where events are claimed one by one and alone.
-- One of a kind that is not sent again while nobody knows whether it went out is held instead.
-- What was cut short gets a row of notify.attempts, not charged.
-- Gives back the leases that were still the worker's, and those whose row somebody else keeps locked, to be tried again.
-- $1 ids, $2 leases, $3 whether the relay may have it, $4 whether it was all that the worker had, $5 the suspect lane,
-- $6 kinds to hold. A death counts against an event only if it was a suspect, and alone, then already.
with input as (
    select * from unnest($1::bigint[], $2::bigint[], $3::boolean[]) as i (id, lease_id, in_doubt)
), held as materialized (
    select e.id, e.lease_id
      from input i
     cross join lateral (
         select e.id, e.lease_id
           from notify.events e
          where e.id = i.id and e.lease_id = i.lease_id
            for update skip locked
     ) e
), marked as (
    update notify.events e
       set state = case when i.in_doubt and e.kind = any ($6::text[]) then 'held' else 'ready' end,
           due_at = case when i.in_doubt and e.kind = any ($6::text[]) then e.expires_at else e.due_at end,
           deaths = e.deaths + ($4::boolean and e.bucket = $5::uuid)::int,
           bucket = $5::uuid,
           queue_xid = pg_current_xact_id(),
           tried = true,
           maybe_sent = e.maybe_sent or i.in_doubt,
           worker_id = null,
           lease_id = null
      from input i
     where e.id = any (array(select h.id from held h)) and e.id = i.id and e.lease_id = i.lease_id
    returning e.id, e.attempts, e.state, e.deaths, i.lease_id, i.in_doubt
), noted as (
    insert into notify.attempts (event_id, attempt, lease_id, result, charged, next_at, detail)
    select m.id, least(m.attempts + 1, 32767), m.lease_id, case when m.in_doubt then 'unknown' else 'interrupted' end, false,
           case when m.state <> 'held' then clock_timestamp() end,
           'the worker was killed' ||
           case when m.deaths > 0 then format('; %s died with this event alone', m.deaths) else '' end
      from marked m
)
select lease_id, false as is_locked
  from marked
 union all
select i.lease_id, true
  from input i
 where not exists (select from held h where h.lease_id = i.lease_id)
   and (select true from notify.events e where e.id = i.id and e.lease_id = i.lease_id)  -- `exists` would be a join
