-- What became of every event: partitioned by UTC day, so that old days go by DROP and never by a mass DELETE.

create table notify.deliveries (
    event_id bigint not null,
    kind text not null,
    user_id uuid,
    organization_id uuid,
    outcome text not null,
    reason text,
    attempts smallint not null,
    smtp_code integer,
    enhanced_code text,
    -- With the recipient's address and local part replaced.
    smtp_reply text,
    message_id uuid not null,
    lease_id bigint,
    enqueued_at timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    retry_of bigint,
    relay text,
    detail text,
    -- It did not end as sent, yet an attempt may have reached its reader.
    maybe_sent boolean not null default false,
    constraint deliveries_outcome_known check (outcome in ('sent', 'skipped', 'failed', 'expired', 'cancelled')),
    constraint deliveries_reason_unless_sent check ((outcome = 'sent') = (reason is null))
) partition by range (finished_at);

create index deliveries_event_id_idx on notify.deliveries (event_id);

-- One row for each attempt that was not final.
create table notify.attempts (
    event_id bigint not null,
    attempt smallint not null,
    finished_at timestamptz not null default clock_timestamp(),
    lease_id bigint,
    relay text,
    result text not null,
    phase text,
    smtp_code integer,
    enhanced_code text,
    smtp_reply text,
    charged boolean not null,
    next_at timestamptz,
    detail text
) partition by range (finished_at);

create index attempts_event_id_idx on notify.attempts (event_id);

-- A day that nobody made ahead must not fail the settle of a mail that has gone out.
create table notify.deliveries_default partition of notify.deliveries default;
create table notify.attempts_default partition of notify.attempts default;

-- Makes the partitions of today and of `days_ahead` days after it, and of every day whose rows landed in the
-- default partition: those move over. Returns how many were made.
--
-- Attaching locks the default partition; one that stays busy for a second is left for the next call.
create function notify.ensure_partitions(days_ahead integer default 14) returns integer
    language plpgsql security definer set search_path = notify, pg_temp set lock_timeout = '1s'
as $$
declare
    today date := (clock_timestamp() at time zone 'UTC')::date;
    parent text;
    day date;
    partition text;
    stray_days date[];
    made integer := 0;
begin
    if days_ahead is null or days_ahead not between 0 and 366 then
        perform refuse('NW004', 'days_ahead', 'is not between 0 and 366');
    end if;
    perform pg_advisory_xact_lock(hashtextextended('notify.partitions', 0));
    foreach parent in array array['deliveries', 'attempts'] loop
        execute format(
            'select array_agg(distinct (finished_at at time zone ''UTC'')::date) from notify.%I', parent || '_default'
        ) into stray_days;
        for day in
            select wanted from (
                select today + n as wanted from generate_series(0, days_ahead) n
                union
                select unnest(stray_days)
            ) days
            order by wanted
        loop
            partition := parent || to_char(day, '"_"YYYYMMDD');
            continue when to_regclass(format('notify.%I', partition)) is not null;
            begin
                perform notify.make_partition(parent, partition, day);
                made := made + 1;
            exception when lock_not_available or deadlock_detected then
                raise notice 'partition % was busy and is made at the next call', partition;
            end;
        end loop;
    end loop;
    return made;
end
$$;

-- Makes one day's partition and moves the day's rows out of the default partition, which would refuse it otherwise.
-- Runs in UTC, so that a date is its midnight there and is spelled with its zone.
create function notify.make_partition(parent text, partition text, day date) returns void
    language plpgsql security definer set search_path = notify, pg_temp set timezone = 'UTC' set datestyle = 'ISO'
as $$
declare
    first_moment timestamptz := day;
    next_day timestamptz := day + 1;
begin
    execute format('lock table notify.%I in access exclusive mode', parent || '_default');
    execute format(
        'create table notify.%I (like notify.%I including defaults including constraints)', partition, parent
    );
    execute format(
        'with strays as (delete from notify.%I where finished_at >= $1 and finished_at < $2 returning *)
         insert into notify.%I select * from strays',
        parent || '_default', partition
    ) using first_moment, next_day;
    execute format(
        'alter table notify.%I attach partition notify.%I for values from (%L) to (%L)',
        parent, partition, first_moment, next_day
    );
end
$$;

-- Drops the partitions of days that ended more than `retention_days` days ago. Returns how many went.
--
-- A drop locks the parent, which every settle writes to: one that is not had within 200 ms is left for the next call.
-- So is a day that something depends on, such as a view of somebody's own; the server's log names it each time.
create function notify.drop_partitions(retention_days integer default 30) returns integer
    language plpgsql security definer set search_path = notify, pg_temp set lock_timeout = '200ms'
as $$
declare
    oldest_kept text;
    partition text;
    dropped integer := 0;
begin
    if retention_days is null or retention_days not between 1 and 36500 then
        perform refuse('NW004', 'retention_days', 'is not between 1 and 36500');
    end if;
    oldest_kept := to_char((clock_timestamp() at time zone 'UTC')::date - retention_days, 'YYYYMMDD');
    for partition in
        select c.relname
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent in ('notify.deliveries'::regclass, 'notify.attempts'::regclass)
            and c.relname ~ '_[0-9]{8}$'
            and right(c.relname, 8) < oldest_kept
        order by c.relname
    loop
        begin
            execute format('drop table notify.%I', partition);
            dropped := dropped + 1;
        exception when lock_not_available or deadlock_detected then
            raise notice 'partition % was busy and is dropped at the next call', partition;
        when dependent_objects_still_exist then
            raise warning 'partition % is past its time and kept, as something depends on it', partition;
        end;
    end loop;
    return dropped;
end
$$;

select notify.ensure_partitions();
