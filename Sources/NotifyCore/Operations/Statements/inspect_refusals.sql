-- What relays refused most in the last 15 minutes without its being charged to an event: a sign that the relay refuses
-- us and not a recipient.
select coalesce(a.relay, ''), coalesce(a.phase, ''), concat_ws(' ', a.smtp_code, a.enhanced_code), count(*)
  from notify.attempts a
 where a.finished_at > statement_timestamp() - interval '15 minutes'
   and not a.charged
   and a.result in ('refused', 'deferred')
 group by a.relay, a.phase, a.smtp_code, a.enhanced_code
 order by count(*) desc
 limit 1
