-- How it ended.
select d.kind, d.user_id, d.organization_id, o.name, d.outcome, d.reason, d.attempts::int, d.smtp_code, d.enhanced_code,
       d.smtp_reply, d.message_id, d.lease_id, d.enqueued_at, d.finished_at, d.retry_of, d.relay, d.detail,
       d.maybe_sent
  from notify.deliveries d
  left join notify.organizations o on o.id = d.organization_id
 where d.event_id = $1::bigint
 order by d.finished_at
 limit 1
