-- An event that is still open, in a state as notify.queue_depth names it.
select e.kind,
       case when e.state <> 'waiting' then e.state when e.tried or e.attempts > 0 then 'retrying' else 'scheduled' end,
       e.user_id, e.organization_id, o.name, e.actor_id, e.due_at, e.expires_at, e.enqueued_at, e.attempts::int,
       e.tried, e.message_id, e.lease_id, w.name, e.cancel_reason, e.retry_of, e.traceparent, e.maybe_sent
  from notify.events e
  left join notify.organizations o on o.id = e.organization_id
  left join notify.workers w on w.id = e.worker_id
 where e.id = $1::bigint
