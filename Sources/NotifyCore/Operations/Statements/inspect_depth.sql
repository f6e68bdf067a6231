-- How much waits, by state and kind. Counts the hot table: for people, not for metrics.
select d.state, d.kind, d.events::bigint, d.oldest_age_seconds::float8
  from notify.queue_depth d
 order by array_position(array['leased', 'ready', 'retrying', 'scheduled', 'held', 'paused'], d.state), d.kind
