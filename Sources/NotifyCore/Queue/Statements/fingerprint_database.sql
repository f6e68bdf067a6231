-- Which of all databases this is: a copy made by `createdb --template` or from a dump has the same installation id. A
-- standby that is promoted stays the same database.
select hashtextextended(c.system_identifier || '/' || d.oid, 0)
  from pg_control_system() c, pg_database d
 where d.datname = current_database()
