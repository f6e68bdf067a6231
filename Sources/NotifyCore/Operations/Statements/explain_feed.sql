-- What the product shows, whatever became of the mail.
select n.visible_at, n.created_at, n.read_at, n.retracted_at from notify.notifications n where n.event_id = $1::bigint
