-- What the product shows, whatever became of the mail. The row of a retry by hand is that of the first event.
select n.visible_at, n.created_at, n.read_at, n.retracted_at
  from notify.notifications n
 where n.event_id = coalesce(
           (select e.retry_of from notify.events e where e.id = $1::bigint),
           (select d.retry_of from notify.deliveries d where d.event_id = $1::bigint limit 1),
           $1::bigint)
