-- Ends events: each leaves the queue and gets its one outcome row, if we still hold it. A lease that ran out and that
-- nobody took still counts. Gives back the leases that were ours; the others' events belong to someone else now.
-- A failed or expired event keeps its payload aside; an account mail loses its address. A cancel that found the event
-- leased left its feed row to us.
-- What somebody else keeps locked does not hold up the others: the event, as a producer in the middle of a cancel has it,
-- or the key or the feed row of one that ends as cancelled. It comes back as locked, to be tried again.
-- Rows are found one by one or by a list of ids, never by a join: what waits can be a thousand times what the statistics
-- tell of, and a join was then planned to read it all. Attempts are counted up to what their column, a smallint, holds.
-- $1 ids, $2 leases, $3 outcomes, $4 reasons, $5 details, $6 attempts charged by this end, $7 codes,
-- $8 enhanced codes, $9 replies, $10 relays.
with input as (
    select *
      from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[],
                  $9::text[], $10::text[])
        as i (id, lease_id, outcome, reason, detail, charge, smtp_code, enhanced_code, smtp_reply, relay)
), locked as materialized (
    select e.id, e.lease_id, i.outcome
      from input i
     cross join lateral (
         select e.id, e.lease_id
           from notify.events e
          where e.id = i.id and e.lease_id = i.lease_id
            for update skip locked
     ) e
), released as materialized (
    select notify.release_cancelled(array_agg(l.id)) as id
      from locked l
     where l.outcome = 'cancelled'
    having count(*) > 0
), held as materialized (
    select l.id, l.lease_id
      from locked l
     where l.outcome <> 'cancelled' or l.id in (select r.id from released r)
), gone as (
    delete from notify.events e
     where e.id = any (array(select h.id from held h))
    returning e.*
), payload as (
    delete from notify.event_payloads p
     where p.event_id = any (array(select g.id from gone g))
    returning p.event_id, p.payload
), kept as (
    insert into notify.dead_events
           (event_id, kind, bucket, user_id, organization_id, actor_id, payload, outcome, reason, detail, attempts,
            message_id, enqueued_at, expires_at, finished_at, traceparent, retry_of)
    select g.id, g.kind, g.bucket, g.user_id, g.organization_id, g.actor_id, p.payload, i.outcome, i.reason, i.detail,
           least(g.attempts + i.charge, 32767), g.message_id, g.enqueued_at, g.expires_at, clock_timestamp(), g.traceparent,
           g.retry_of
      from gone g
      join input i on i.id = g.id and i.lease_id = g.lease_id
      left join payload p on p.event_id = g.id
     where i.outcome in ('failed', 'expired')
), written as (
    insert into notify.deliveries
           (event_id, kind, user_id, organization_id, outcome, reason, detail, attempts, smtp_code, enhanced_code,
            smtp_reply, relay, message_id, lease_id, enqueued_at, finished_at, retry_of, maybe_sent)
    select g.id, g.kind, g.user_id, g.organization_id, i.outcome, i.reason, i.detail,
           least(g.attempts + i.charge, 32767),
           i.smtp_code, i.enhanced_code, i.smtp_reply, i.relay, g.message_id, g.lease_id, g.enqueued_at,
           clock_timestamp(), g.retry_of, g.maybe_sent and i.outcome <> 'sent'
      from gone g
      join input i on i.id = g.id and i.lease_id = g.lease_id
    returning lease_id
)
select w.lease_id, false as is_locked
  from written w
 union all
select i.lease_id, true
  from input i
 where not exists (select from held h where h.lease_id = i.lease_id)
   and (select true from notify.events e where e.id = i.id and e.lease_id = i.lease_id)  -- `exists` would be a join
