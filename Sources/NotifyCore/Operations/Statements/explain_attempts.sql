-- The attempts that did not end the event.
select a.attempt::int, a.finished_at, a.relay, a.result, a.phase, a.smtp_code, a.enhanced_code, a.smtp_reply, a.charged,
       a.next_at, a.detail
  from notify.attempts a
 where a.event_id = $1::bigint
 order by a.finished_at
