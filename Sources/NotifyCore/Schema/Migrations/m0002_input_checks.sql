-- What several functions use to check their input. Callers may not execute these themselves.

-- Ends the caller's statement with an error of class NW that names the field in COLUMN and, for one of many, which.
create function notify.refuse(code text, field text, problem text, index bigint default null) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    raise exception using
        errcode = code,
        column = field,
        message = case when index is null then '' else format('events[%s]: ', index) end || field || ' ' || problem;
end
$$;

-- An ISO 8601 time with date, time and zone, or null for any other text ("tomorrow", "infinity", a bare date).
create function notify.parse_time(value text) returns timestamptz
    language plpgsql stable strict security definer set search_path = notify, pg_temp
as $$
declare
    first_of_month date;
begin
    if value !~ (
        '^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])'
        'T([01]\d|2[0-3]):[0-5]\d(:([0-5]\d|60)(\.\d{1,9})?)?'
        '(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)$'
    ) then
        return null;
    end if;
    first_of_month := make_date(substr(value, 1, 4)::int, substr(value, 6, 2)::int, 1);
    if substr(value, 9, 2)::int > extract(day from first_of_month + interval '1 month - 1 day') then
        return null;
    end if;
    return value::timestamptz;
end
$$;

-- The zone's name as the IANA writes it, whatever the case of the input, or null if there is none. Abbreviations (EST
-- is a zone, EDT is not), offsets and POSIX rules are none: setting TimeZone refuses the first, the pattern the others.
create function notify.time_zone_name(name text) returns text
    language plpgsql stable strict security definer set search_path = notify, pg_temp set timezone = 'UTC'
as $$
begin
    if name !~ '^[A-Za-z][A-Za-z_/-]{0,62}$' and name !~ '^Etc/GMT[+-]?[0-9]{1,2}$' then
        return null;
    end if;
    -- Ends with the function, which has a setting of its own to go back from.
    perform set_config('TimeZone', name, true);
    return current_setting('TimeZone');
exception when invalid_parameter_value then
    return null;
end
$$;

-- A basic check; what a relay takes is known when the mail is composed. Anything that could end a header or an envelope
-- early is refused here already.
create function notify.check_address(field text, address text) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
declare
    never constant text := '\u0001-\u001f\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff<>';
    -- Spaces and a second @ only within quotation marks (RFC 5321 §4.1.2).
    local_part constant text := '([^' || never || ' @"]+|"([^' || never || '"\\]|\\[\u0020-;=?-~])+")';
begin
    if address is null or address = '' then
        perform refuse('NW002', field, 'is missing');
    elsif octet_length(address) > 320 or address !~ ('^' || local_part || '@[^' || never || ' @]+$') then
        perform refuse(
            'NW004', field,
            'is not an e-mail address of at most 320 octets with one @ and no white space or angle brackets outside quotes'
        );
    end if;
end
$$;

-- A BCP 47 tag by its shape.
create function notify.check_locale(locale text) returns void
    language plpgsql security definer set search_path = notify, pg_temp
as $$
begin
    if locale !~ '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' or length(locale) > 35 then
        perform refuse('NW004', 'locale', 'is not a language tag such as en or pt-BR');
    end if;
end
$$;
