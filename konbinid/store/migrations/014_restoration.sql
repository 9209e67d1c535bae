-- Whether the database went back in time (I-11), and what stays closed after it. A backup holds all of this as it was then; what tells the
-- difference stands outside: the witness that each host keeps (konbinid.ops.witness).

-- Which database this is: a copy and a restored backup have the number of their original, a database that was made anew has its own.
create table ops.identity (
    one         boolean primary key default true check (one),
    database_id uuid not null default gen_random_uuid()
);
insert into ops.identity default values;

-- Each host counts its own row up, about once a second. Nobody else touches it: no other host's beats can hide that some of its own are gone.
create table ops.beat (
    host  text primary key,
    value bigint not null check (value > 0),
    at    timestamptz not null
);

-- That the database went back. at is later than everything that a witness saw. found, witnessed: the beat that noticed it, null when a person
-- declared it. Insert-only.
create table ops.restoration (
    id        bigint generated always as identity primary key,
    at        timestamptz not null,
    noted_by  text not null,
    declared  boolean not null,
    reason    text not null,
    found     bigint,
    witnessed bigint
);

-- That staff have entered again what they had entered after the backup (suspensions, holds, library): until then everything is closed.
create table ops.restoration_confirmed (
    restoration_id bigint primary key references ops.restoration (id),
    at             timestamptz not null default clock_timestamp(),
    confirmed_by   text not null,
    reason         text not null
);

-- The newest restoration after which the feed has applied a file that was written later. A feed behind the newest one is too old.
alter table intake.feed add column caught_up bigint not null default 0;

-- How old each feed was last told to be, so that each change is told once whichever host sees it. as_of, limit_seconds: the data that was
-- found too old, and under which limit; it stays so when the clock is set back.
create table ops.feed_standing (
    feed          text primary key,
    standing      text not null check (standing in ('none', 'behind', 'fresh', 'late', 'stale')),
    as_of         timestamptz,
    limit_seconds double precision not null,
    at            timestamptz not null default clock_timestamp()
);

-- Nobody inserts directly: noting takes the kinds first, so that a paper in the making either ends before or meets the change.
create function ops.note_restoration(
    who text, by_hand boolean, why text, found_value bigint, witnessed_value bigint, not_before timestamptz
) returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    made bigint;
begin
    perform ops.take_kinds();
    insert into ops.restoration (at, noted_by, declared, reason, found, witnessed)
    values (greatest(clock_timestamp(), not_before), who, by_hand, why, found_value, witnessed_value)
    returning id into made;
    update ops.kind_state set change_no = change_no + 1 where kind = '*';
    return made;
end
$$;
revoke all on function ops.note_restoration(text, boolean, text, bigint, bigint, timestamptz) from public;
grant execute on function ops.note_restoration(text, boolean, text, bigint, bigint, timestamptz) to konbinid_office, konbinid_ops;

grant select on ops.identity, ops.beat, ops.restoration, ops.restoration_confirmed, ops.feed_standing
    to konbinid_desk, konbinid_office, konbinid_check, konbinid_ops;
grant select on ops.restoration to konbinid_intake;
grant insert, update on ops.beat, ops.feed_standing to konbinid_ops;
grant insert on ops.restoration_confirmed to konbinid_office;
grant select on intake.feed to konbinid_ops;

-- An operator's choice for one file, made before it is judged or before it has come: a full file of this name is only compared, and then held.
create table intake.verify_choice (
    name      text primary key,
    at        timestamptz not null default clock_timestamp(),
    chosen_by text not null
);
grant select on intake.verify_choice to konbinid_intake, konbinid_office, konbinid_check;
grant insert on intake.verify_choice to konbinid_intake;
