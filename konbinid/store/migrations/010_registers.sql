-- KOSEKI and FUHYO. What the register system made is passed on as it is: the bytes lie here by their hash, and a row binds a hash to
-- register, member and 表示区分. member 00 is the whole register.
create table people.register_pdf (
    sha256      bytea primary key,
    pages       integer not null check (pages > 0),
    bytes       bigint not null,
    has_text    boolean not null,            -- whether a text layer was there in which the member's name was looked for
    content     bytea not null,
    received_at timestamptz not null default clock_timestamp()
);
alter table people.register_pdf alter column content set storage external;

create table people.koseki (
    register_number  text not null,          -- 戸籍番号
    member           text not null check (member ~ '^[0-9]{2,4}$'),
    display          smallint not null check (display in (0, 1)),
    domicile         text not null,
    head_of_register text not null,
    name             text not null,
    birth_date       text,                   -- of a member; NULL for the whole register
    birth_era        text not null default '',
    atena_number     text check (atena_number ~ '^[0-9]{10}$'), -- NULL: lives elsewhere
    state            smallint not null check (state in (1, 2, 9)),
    pdf_name         text not null,
    pdf_sha256       bytea references people.register_pdf (sha256),
    incoming_id      bigint not null,
    primary key (register_number, member, display)
);
create index koseki_atena on people.koseki (atena_number) where atena_number is not null;
create index koseki_pdf_name on people.koseki (pdf_name); -- a PDF's name belongs to one row: asked for with every file

-- 戸籍の附票: the same columns, another feed.
create table people.fuhyo (like people.koseki including all);
alter table people.fuhyo add foreign key (pdf_sha256) references people.register_pdf (sha256);

-- What person_lock is for people, for registers: whoever makes a paper of a register holds the row FOR SHARE, whoever changes anything
-- about the register (its rows, holds and doubts that name it) counts it up. Taken after person_lock rows, in register_number order.
create table people.register_lock (
    register_number text primary key,
    change_no       bigint not null default 0,
    lock_handle     boolean check (lock_handle is null)
);

-- The number that a kiosk shows for a member of a register: given once, never used again for another person. 構成員番号 is the core
-- system's and may be given again; name and birth are part of who it is, so whoever gets a used 構成員番号 gets a new number here.
create table people.register_member_number (
    register_number text not null,
    member          text not null,
    name            text not null,
    birth_date      text not null,
    number          integer not null check (number > 0),
    given_at        timestamptz not null default clock_timestamp(),
    primary key (register_number, member, name, birth_date),
    unique (register_number, number)
);

grant select on people.register_pdf, people.koseki, people.fuhyo, people.register_lock, people.register_member_number
    to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant insert on people.register_pdf, people.register_member_number to konbinid_intake;
grant insert, update, delete on people.koseki, people.fuhyo to konbinid_intake;
grant insert, update on people.register_lock to konbinid_intake;
grant update (lock_handle) on people.register_lock to konbinid_desk;

-- Where the rows of a file wait (007_intake_staging.sql). The PDFs themselves are in people.register_pdf by then: a hash that no row binds
-- shows nobody anything.
create unlogged table intake.staged_koseki (
    run              bigint not null,
    line             bigint not null,
    operation        smallint not null,
    register_number  text not null,
    member           text not null,
    display          smallint not null,
    domicile         text,
    head_of_register text,
    name             text,
    birth_date       text,
    birth_era        text,
    atena_number     text,
    state            smallint,
    pdf_name         text,
    pdf_sha256       bytea
) with (autovacuum_enabled = false);
create unlogged table intake.staged_fuhyo (like intake.staged_koseki) with (autovacuum_enabled = false);
create unlogged table intake.staged_koseki_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);
create unlogged table intake.staged_fuhyo_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);

-- What staged_touch is for people: whose register_lock must be taken before anything is written.
create unlogged table intake.staged_touch_register (
    run             bigint not null,
    register_number text not null
) with (autovacuum_enabled = false);

grant select, insert, update, delete, truncate on intake.staged_koseki, intake.staged_fuhyo, intake.staged_koseki_effect,
    intake.staged_fuhyo_effect, intake.staged_touch_register to konbinid_intake;

create or replace function intake.measure_staged(which text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    case which
        when 'person' then analyze intake.staged_person (run, line, operation, atena_number, household_number);
        when 'credential' then analyze intake.staged_credential (run, line, operation, type, serial);
        when 'hold' then analyze intake.staged_hold (run, line, operation, business_code, hold_number);
        when 'seal' then analyze intake.staged_seal (run, line, operation, registration_number, atena_number, image_name);
        when 'tax' then analyze intake.staged_tax (run, line, operation, year, atena_number);
        when 'koseki' then analyze intake.staged_koseki (run, line, operation, register_number, member, display, pdf_name);
        when 'fuhyo' then analyze intake.staged_fuhyo (run, line, operation, register_number, member, display, pdf_name);
        when 'person_effect' then analyze intake.staged_person_effect;
        when 'credential_effect' then analyze intake.staged_credential_effect;
        when 'hold_effect' then analyze intake.staged_hold_effect;
        when 'seal_effect' then analyze intake.staged_seal_effect;
        when 'tax_effect' then analyze intake.staged_tax_effect;
        when 'koseki_effect' then analyze intake.staged_koseki_effect;
        when 'fuhyo_effect' then analyze intake.staged_fuhyo_effect;
    end case;
end
$$;
