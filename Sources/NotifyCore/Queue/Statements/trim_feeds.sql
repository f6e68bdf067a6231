-- Cuts feeds to their newest rows. $1 the user after whom to go on, or null. $2 how many users at most.
select notify.trim_feeds($1::uuid, $2::int)
