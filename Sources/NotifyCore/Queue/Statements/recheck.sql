-- Reads again, for events that we hold, whatever could forbid or redirect the mail.
-- Each event is looked up by itself: joined, it was planned from statistics of an emptier queue as a comparison of every
-- event with every other (20 ms for 7 of 500).
-- $1 ids, $2 leases, $3 and $4 kinds with their switches.
select i.id, e.id is not null, e.cancel_reason, i.lease_id,
       coalesce(e.to_address, u.email), coalesce(u.display_name, ''), coalesce(e.locale, u.locale),
       coalesce(e.time_zone, u.time_zone), coalesce(u.is_active, true),
       e.organization_id is null or m.user_id is not null,
       coalesce(pref.enabled, true), u.suppressed_at is not null
  from unnest($1::bigint[], $2::bigint[]) as i (id, lease_id)
  left join lateral (
      select e.id, e.cancel_reason, e.user_id, e.organization_id, e.kind, p.to_address, p.locale, p.time_zone
        from notify.events e
        left join notify.event_payloads p on p.event_id = e.id
       where e.id = i.id and e.lease_id = i.lease_id and e.state = 'leased'
         and exists (select from notify.workers w where w.id = e.worker_id and w.expires_at > clock_timestamp())
      offset 0
  ) e on true
  left join notify.users u on u.id = e.user_id
  left join notify.memberships m on m.organization_id = e.organization_id and m.user_id = e.user_id
  left join unnest($3::text[], $4::text[]) as s (kind, switch) on s.kind = e.kind
  left join notify.email_preferences pref on pref.user_id = e.user_id and pref.switch = s.switch
