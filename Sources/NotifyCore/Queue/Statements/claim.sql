-- Leases a share of each wanted bucket and reads with it all that the decision needs. Each event gets a lease id of its
-- own, so that the id names this claim of this event and nothing else.
-- `any (array(...))` and not a join: of the picked rows the planner expects far too many, and would scan all open events
-- and all users for them (119 ms instead of 3 with 100,000 of each).
-- $1 buckets, $2 and $3 where to start in each (transaction, id), $4 share of each, $5 worker, $6 and $7 kinds with
-- their switches. A worker whose own lease ran out gets nothing until it has sent a heartbeat.
with wanted as (
    select w.bucket, w.floor_xid::text::xid8 as floor_xid, w.floor_id, w.share
      from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::int[]) as w (bucket, floor_xid, floor_id, share)
), picked as materialized (
    select e.id
      from wanted w
     cross join lateral (
         select e.id
           from notify.events e
          where e.state = 'ready' and e.bucket = w.bucket and (e.queue_xid, e.id) >= (w.floor_xid, w.floor_id)
          order by e.queue_xid, e.id
          limit w.share
            for update skip locked
     ) e
), worker as materialized (
    select w.id from notify.workers w where w.id = $5::bigint and w.expires_at > clock_timestamp()
), claimed as (
    update notify.events e
       set state = 'leased', lease_id = nextval('notify.lease_ids'), worker_id = worker.id
      from worker
     where e.id = any (array(select p.id from picked p))
    returning e.*
)
select c.id, c.lease_id, c.kind, c.user_id, c.organization_id, o.name, c.actor_id, c.attempts, p.payload::text,
       c.message_id, c.enqueued_at, c.expires_at, clock_timestamp(), c.cancel_reason,
       c.bucket, c.queue_xid::text::bigint,
       coalesce(p.to_address, u.email), coalesce(u.display_name, ''), coalesce(p.locale, u.locale),
       coalesce(p.time_zone, u.time_zone), coalesce(u.is_active, true),
       c.organization_id is null or m.user_id is not null,
       coalesce(pref.enabled, true), u.suppressed_at is not null, c.deaths
  from claimed c
  left join notify.event_payloads p on p.event_id = c.id
  left join notify.users u on u.id = c.user_id
  left join notify.organizations o on o.id = c.organization_id
  left join notify.memberships m on m.organization_id = c.organization_id and m.user_id = c.user_id
  left join unnest($6::text[], $7::text[]) as s (kind, switch) on s.kind = c.kind
  left join notify.email_preferences pref on pref.user_id = c.user_id and pref.switch = s.switch
 order by c.queue_xid, c.id
