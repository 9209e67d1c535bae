-- What the core systems' files say about residents. Rows of different feeds do not reference each other: no order is promised across
-- feeds, and a row about someone unknown counts when the person appears (contract 2).
-- Dates of registers are text YYYYMMDD, zeros for unknown parts; '' nowhere: nothing recorded is NULL for dates, '' for text.

-- One row for everyone ever named. Who prints a person holds the row FOR SHARE; who changes anything about a person (or about a member
-- of the household, before or after) first locks these rows in atena_number order and counts change_no up. Under REPEATABLE READ the
-- printer then either sees the change or fails with 40001 and starts again: a committed hold is never overtaken by a paper in the making.
-- names_stamp: time stamp of the file that last changed 氏名, 旧氏 or 通称 (or removed the person): older seals are closed.
create table people.person_lock (
    atena_number text primary key check (atena_number ~ '^[0-9]{10}$'),
    change_no    bigint not null default 0,
    names_stamp  timestamp,
    lock_handle  boolean check (lock_handle is null)
);

create table people.person (
    atena_number             text primary key check (atena_number ~ '^[0-9]{10}$'),
    household_number         text not null,
    household_order          integer not null,
    resident_class           smallint not null check (resident_class in (1, 2)),
    state                    smallint not null check (state between 1 and 5),
    name                     text not null check (name <> ''),
    name_kana                text not null,
    former_name              text not null,
    former_name_kana         text not null,
    alias                    text not null,
    alias_kana               text not null,
    name_roman               text not null,
    birth_date               text not null check (birth_date ~ '^[0-9]{8}$'),
    birth_era                text not null default '',
    sex                      smallint not null check (sex in (1, 2, 9)),
    relationship             text not null,
    address                  text not null,
    address_supplement       text not null,
    resident_since           text,
    address_since            text,
    notified_on              text,
    previous_address         text not null,
    domicile                 text not null,
    head_of_register         text not null,
    individual_number_sealed bytea,        -- AES-GCM, bound to atena_number; opened only to print
    individual_number_digest bytea unique, -- keyed
    resident_code_digest     bytea unique, -- keyed; the 住民票コード itself is never kept
    nationality              text not null,
    article_30_45            text not null,
    residence_status         text not null,
    period_of_stay           text not null,
    stay_expires_on          text,
    residence_card_number    text not null,
    change_in_progress       boolean not null,
    last_changed_on          text,
    kana_registered          boolean not null,
    former_kana_registered   boolean not null,
    name_katakana            text not null,
    alias_history            text not null,
    incoming_id              bigint not null, -- the file whose row this is
    check ((individual_number_sealed is null) = (individual_number_digest is null))
);
create index person_household on people.person (household_number);

-- The number a kiosk shows for a member: given once per person and household, never used again for another (contract 1, operation 2).
create table people.member_number (
    household_number text not null,
    atena_number     text not null,
    number           integer not null check (number > 0),
    given_at         timestamptz not null default clock_timestamp(),
    primary key (household_number, atena_number),
    unique (household_number, number)
);

-- JPKI. serial: lower-case hex without leading zeros. Rows stay when the feed removes them (present = false): a serial never belongs
-- to a second resident, not even later.
create table people.credential (
    type                 smallint not null check (type in (1, 2)), -- 1 card, 2 phone
    serial               text not null check (serial ~ '^[1-9a-f][0-9a-f]*$'),
    resident_code_digest bytea not null,
    issued_on            text,
    expires_on           text,
    state                smallint not null check (state in (1, 2)),
    present              boolean not null,
    incoming_id          bigint not null,
    primary key (type, serial)
);
create index credential_resident on people.credential (resident_code_digest);

-- YOKUSHI. The person is atena_number, or register_number + register_member for one who lives elsewhere. kinds NULL = ALL.
create table people.hold (
    business_code   text not null,
    hold_number     text not null,
    atena_number    text,
    category        text not null check (category in ('01', '02', '03', '04', '99')),
    kinds           text[],
    household       boolean not null,
    starts_on       text,
    ends_on         text,
    register_number text,
    register_member text,
    register_wide   boolean not null,
    incoming_id     bigint not null,
    primary key (business_code, hold_number),
    check (atena_number is not null or (register_number is not null and register_member is not null))
);
create index hold_atena on people.hold (atena_number) where atena_number is not null;
create index hold_register on people.hold (register_number, register_member) where register_number is not null;

-- Provisional holds: who is named in a file that waits, failed or contradicts. They end with the file's resolution, not by hand.
create table people.doubt (
    incoming_id          bigint not null,
    atena_number         text,
    resident_code_digest bytea,
    register_number      text,
    check (num_nonnulls(atena_number, resident_code_digest, register_number) = 1)
);
create unique index doubt_atena on people.doubt (atena_number, incoming_id) where atena_number is not null;
create unique index doubt_resident on people.doubt (resident_code_digest, incoming_id) where resident_code_digest is not null;
create unique index doubt_register on people.doubt (register_number, incoming_id) where register_number is not null;
create index doubt_incoming on people.doubt (incoming_id);

-- A feed whose keys could not be read: every kind that depends on it is closed until the file is resolved (contract 2).
create table people.feed_doubt (
    incoming_id bigint primary key,
    feed        text not null
);

-- A feed in doubt closes its kinds like a suspension: the desk holds '*' while it makes a paper, so none overtakes this one either.
create function people.feed_in_doubt() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform ops.take_kinds();
    update ops.kind_state set change_no = change_no + 1 where kind = '*';
    return null;
end
$$;
revoke all on function people.feed_in_doubt() from public;
create trigger feed_doubt_closes after insert on people.feed_doubt for each statement execute function people.feed_in_doubt();

-- INKAN. The impression is kept 1-bit (rows padded to bytes, most significant bit first, 1 = ink). file_stamp: the time in the file's name.
create table people.seal (
    registration_number text primary key,
    atena_number        text not null,
    registered_on       text,
    state               smallint not null check (state in (1, 2, 3)),
    cancelled_on        text,
    image_name          text not null,
    image_sha256        bytea,
    width               integer,
    height              integer,
    dpi                 integer,
    rows                bytea,
    defect              text not null default '',
    name_kind           smallint not null check (name_kind between 1 and 4),
    file_stamp          timestamp not null,
    incoming_id         bigint not null
);
create unique index seal_one_registered on people.seal (atena_number) where state = 1;
create index seal_atena on people.seal (atena_number);

grant select on all tables in schema people to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant update (lock_handle) on people.person_lock to konbinid_desk;
grant insert, update, delete on people.person, people.credential, people.hold, people.doubt, people.feed_doubt, people.seal to konbinid_intake;
grant insert, update on people.person_lock to konbinid_intake;
grant insert on people.member_number to konbinid_intake;
