-- Removes slices of what the HTTP API leaves behind: feed rows, sessions, idempotency keys. $1 how many of each at most.
select notify.purge_api_rows($1::int)
