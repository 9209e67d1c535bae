-- 利用登録: people whose 本籍 is here and who live elsewhere apply at a kiosk, staff compare with the register and decide. Insert-only like the
-- ledger that they belong to: what became of an application is read from what stands beside it.

-- ordinal counts the applications of one credential. Two that arrive together for one credential meet in the unique constraint: the second
-- is told by its INSERT, never by a SELECT that may not see the first.
create table ledger.application (
    application_number text primary key check (application_number ~ '^[0-9A-Z-]{12,24}$'),
    received_at        timestamptz not null default clock_timestamp(),
    credential_type    text not null,
    credential_serial  text not null check (credential_serial ~ '^[1-9a-f][0-9a-f]*$'),
    ordinal            integer not null check (ordinal > 0),
    name               text not null,
    kana               text not null,
    birth_date         date not null,
    address            text not null,
    phone              text not null,
    domicile           text not null,
    head_of_register   text not null,
    host               text not null,
    build              text not null,
    constraint application_ordinal unique (credential_type, credential_serial, ordinal)
);

-- Every accepted applyForRegistration, the one that was answered with a pending application's number included: what a client's
-- transactionId is bound to.
create table ledger.application_request (
    client             text not null,
    transaction_id     text not null check (transaction_id ~ '^[A-Za-z0-9-]{1,64}$'),
    request_digest     bytea not null, -- keyed; over every element but transactionId, parsed values
    application_number text not null references ledger.application (application_number),
    received_at        timestamptz not null default clock_timestamp(),
    chain_code         text not null,
    store_code         text not null,
    store_name         text not null,
    terminal_id        text not null,
    channel            text not null,
    host               text not null,
    primary key (client, transaction_id)
);
create index application_request_number on ledger.application_request (application_number);

-- One decision an application. An approval binds register and member, and who that was in KOSEKI on that day: the registration ends by itself
-- when the register has another there. accepted: which of 本籍 and 筆頭者 differ and were looked at by whoever decided.
create table ledger.application_decision (
    application_number text primary key references ledger.application (application_number),
    decided_at         timestamptz not null default clock_timestamp(),
    decided_by         text not null check (decided_by <> ''),
    approved           boolean not null,
    reason             text not null,
    register_number    text,
    member             text,
    name               text,
    birth_date         text check (birth_date ~ '^[0-9]{8}$'),
    accepted           text[] not null default '{}',
    check (approved = (num_nonnulls(register_number, member, name, birth_date) = 4)),
    check (approved or num_nonnulls(register_number, member, name, birth_date) = 0),
    check (approved or reason <> '')
);
create index application_decision_register on ledger.application_decision (register_number, member) where approved;

-- An approval that staff took back.
create table ledger.registration_end (
    application_number text primary key references ledger.application_decision (application_number),
    ended_at           timestamptz not null default clock_timestamp(),
    ended_by           text not null check (ended_by <> ''),
    reason             text not null check (reason <> '')
);

grant select, insert on ledger.application, ledger.application_request to konbinid_desk;
grant select on ledger.application_decision, ledger.registration_end to konbinid_desk;
grant select on ledger.application, ledger.application_request, ledger.application_decision, ledger.registration_end
    to konbinid_office, konbinid_check;
grant insert on ledger.application_decision, ledger.registration_end to konbinid_office;
-- Taking a registration back waits for papers in the making and is overtaken by none: it counts the register's row up, as its news do.
grant update (change_no) on people.register_lock to konbinid_office;
