select * from notify.enqueue_many($1::jsonb)
