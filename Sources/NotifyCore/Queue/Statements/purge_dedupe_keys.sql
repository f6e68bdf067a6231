-- Removes a slice of de-duplication keys whose seven days are over. $1 how many at most.
with slice as (
    select user_id, kind, key from notify.dedupe_keys where expires_at < statement_timestamp()
     order by expires_at limit $1::int for update skip locked
)
delete from notify.dedupe_keys k using slice s where k.user_id = s.user_id and k.kind = s.kind and k.key = s.key
