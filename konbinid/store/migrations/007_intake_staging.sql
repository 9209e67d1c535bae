-- Where the rows of one file wait between the child process that reads it and the transaction that applies it. Unlogged: they are read
-- again from intake.incoming_part whenever they are missing. run: one reading of one file; whoever applies it counts its rows first, so rows
-- of another reading, or half of one, never count. Nothing but intake reads or writes here; the kiosk path does not know these tables.
-- autovacuum off: the tables are emptied after every file, and without statistics the planner goes by their true size.

create unlogged table intake.staged_person (
    run                      bigint not null,
    line                     bigint not null,
    operation                smallint not null,
    atena_number             text not null,
    household_number         text,
    household_order          integer,
    resident_class           smallint,
    state                    smallint,
    name                     text,
    name_kana                text,
    former_name              text,
    former_name_kana         text,
    alias                    text,
    alias_kana               text,
    name_roman               text,
    birth_date               text,
    birth_era                text,
    sex                      smallint,
    relationship             text,
    address                  text,
    address_supplement       text,
    resident_since           text,
    address_since            text,
    notified_on              text,
    previous_address         text,
    domicile                 text,
    head_of_register         text,
    individual_number_sealed bytea,
    individual_number_digest bytea,
    resident_code_digest     bytea,
    nationality              text,
    article_30_45            text,
    residence_status         text,
    period_of_stay           text,
    stay_expires_on          text,
    residence_card_number    text,
    change_in_progress       boolean,
    last_changed_on          text,
    kana_registered          boolean,
    former_kana_registered   boolean,
    name_katakana            text,
    alias_history            text
) with (autovacuum_enabled = false);

create unlogged table intake.staged_credential (
    run                  bigint not null,
    line                 bigint not null,
    operation            smallint not null,
    type                 smallint not null,
    serial               text not null,
    resident_code_digest bytea,
    issued_on            text,
    expires_on           text,
    state                smallint
) with (autovacuum_enabled = false);

create unlogged table intake.staged_hold (
    run             bigint not null,
    line            bigint not null,
    operation       smallint not null,
    business_code   text not null,
    hold_number     text not null,
    atena_number    text,
    category        text,
    kinds           text[],
    household       boolean,
    starts_on       text,
    ends_on         text,
    register_number text,
    register_member text,
    register_wide   boolean
) with (autovacuum_enabled = false);

create unlogged table intake.staged_seal (
    run                 bigint not null,
    line                bigint not null,
    operation           smallint not null,
    registration_number text not null,
    atena_number        text,
    registered_on       text,
    state               smallint,
    cancelled_on        text,
    image_name          text,
    image_sha256        bytea,
    width               integer,
    height              integer,
    dpi                 integer,
    rows                bytea,
    defect              text,
    name_kind           smallint
) with (autovacuum_enabled = false);

-- What the last row of each key does to its table: a adds, c changes, r removes, n nothing in the end, but on the way a name changed or
-- the person was away. A row that changes nothing has no effect row. names_changed: an existing person's 氏名, 旧氏 or 通称, or the removal.
create unlogged table intake.staged_person_effect (
    run           bigint not null,
    line          bigint not null,
    effect        "char" not null check (effect in ('a', 'c', 'r', 'n')),
    names_changed boolean not null
) with (autovacuum_enabled = false);
create unlogged table intake.staged_credential_effect (
    run    bigint not null,
    line   bigint not null,
    effect "char" not null check (effect in ('a', 'c', 'r'))
) with (autovacuum_enabled = false);
create unlogged table intake.staged_hold_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);
create unlogged table intake.staged_seal_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);

-- Who is named in a row that cannot be taken, as far as that can be read: these people are held while the file is unresolved. Shared by
-- the feeds, so its rows are deleted one by one and autovacuum is left to it.
create unlogged table intake.staged_key (
    run                  bigint not null,
    line                 bigint not null,
    atena_number         text,
    resident_code_digest bytea,
    register_number      text
);

-- Whose person_lock must be taken before anything is written. Used by one transaction at a time (intake's advisory lock).
create unlogged table intake.staged_touch (
    run          bigint not null,
    atena_number text not null
) with (autovacuum_enabled = false);

-- A picture's name belongs to one registration: asked for with every INKAN file.
create index seal_image_name on people.seal (image_name) where image_name <> '';

grant select, insert, update, delete, truncate on intake.staged_person, intake.staged_credential, intake.staged_hold, intake.staged_seal,
    intake.staged_person_effect, intake.staged_credential_effect, intake.staged_hold_effect, intake.staged_seal_effect,
    intake.staged_key, intake.staged_touch to konbinid_intake;

-- Bytes that are written once and read once or twice are not worth compressing: it took most of the time of storing a file.
alter table intake.incoming_part alter column content set storage external;
alter table intake.attachment alter column content set storage external;

-- Statistics for the planner where a file is large. Only an owner may ANALYZE, so the function runs with the owner's rights; it does
-- nothing else, and only to these tables.
create function intake.measure_staged(which text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    case which
        when 'person' then analyze intake.staged_person (run, line, operation, atena_number, household_number);
        when 'credential' then analyze intake.staged_credential (run, line, operation, type, serial);
        when 'hold' then analyze intake.staged_hold (run, line, operation, business_code, hold_number);
        when 'seal' then analyze intake.staged_seal (run, line, operation, registration_number, atena_number, image_name);
        when 'person_effect' then analyze intake.staged_person_effect;
        when 'credential_effect' then analyze intake.staged_credential_effect;
        when 'hold_effect' then analyze intake.staged_hold_effect;
        when 'seal_effect' then analyze intake.staged_seal_effect;
    end case;
end
$$;
revoke all on function intake.measure_staged(text) from public;
grant execute on function intake.measure_staged(text) to konbinid_intake;
