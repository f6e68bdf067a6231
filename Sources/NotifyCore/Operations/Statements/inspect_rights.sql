-- Which of what a worker needs the present role lacks; no row when nothing is missing.
select needed.what
  from (values
        ('select, insert, update and delete on notify.events',
         has_table_privilege('notify.events', 'select') and has_table_privilege('notify.events', 'insert')
         and has_table_privilege('notify.events', 'update') and has_table_privilege('notify.events', 'delete')),
        ('select on notify.event_payloads', has_table_privilege('notify.event_payloads', 'select')),
        ('insert on notify.deliveries', has_table_privilege('notify.deliveries', 'insert')),
        ('insert on notify.attempts', has_table_privilege('notify.attempts', 'insert')),
        ('insert on notify.dead_events', has_table_privilege('notify.dead_events', 'insert')),
        ('insert and update on notify.workers',
         has_table_privilege('notify.workers', 'insert') and has_table_privilege('notify.workers', 'update')),
        ('select on notify.users', has_table_privilege('notify.users', 'select')),
        ('select on notify.email_preferences', has_table_privilege('notify.email_preferences', 'select')),
        ('usage of notify.lease_ids', has_sequence_privilege('notify.lease_ids', 'usage')),
        ('execute on notify.ensure_partitions',
         has_function_privilege('notify.ensure_partitions(integer)', 'execute'))
       ) as needed (what, granted)
 where not needed.granted
