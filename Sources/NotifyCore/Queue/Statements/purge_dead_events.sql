-- Removes a slice of the payloads that were kept aside for seven days. $1 how many at most.
delete from notify.dead_events
 where event_id in (
     select event_id from notify.dead_events where finished_at < statement_timestamp() - interval '7 days'
      order by finished_at limit $1::int for update skip locked)
