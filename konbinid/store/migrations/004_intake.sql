-- Files as they arrive. The bytes come first, so that either host applies them and a lost disk loses nothing.

create table intake.incoming (
    id           bigint generated always as identity primary key,
    name         text not null,
    feed         text not null,
    stamp        timestamp not null,          -- from the name, Japan time
    sequence     integer not null check (sequence between 1 and 999999),
    full_file    boolean not null,
    rows         bigint not null,             -- as the .end marker says
    sha256       bytea not null,
    bytes        bigint not null,
    received_at  timestamptz not null default clock_timestamp(),
    state        text not null default 'received'
        check (state in ('received', 'waiting', 'held', 'applied', 'rejected', 'refused', 'released', 'superseded')),
    state_at     timestamptz not null default clock_timestamp(),
    added        bigint,
    changed      bigint,
    removed      bigint,
    applied_at   timestamptz,
    report       jsonb not null default '{}', -- per bad row: line, column, kind of fault; never a value of a personal field
    resolved_by  text not null default ''
);
create unique index incoming_name_hash on intake.incoming (name, sha256);
create index incoming_feed on intake.incoming (feed, id desc);
create index incoming_open on intake.incoming (feed) where state in ('received', 'waiting', 'held', 'rejected');

-- The data file's bytes in parts of at most 8 MiB.
create table intake.incoming_part (
    incoming_id bigint not null references intake.incoming (id) on delete cascade,
    part        integer not null,
    content     bytea not null,
    primary key (incoming_id, part)
);

-- Attachments by content; a row of a feed names one by its plain name. A difference row may name one already held.
create table intake.attachment (
    sha256      bytea primary key,
    bytes       bigint not null,
    content     bytea not null,
    received_at timestamptz not null default clock_timestamp()
);
create table intake.attachment_name (
    feed        text not null,
    name        text not null,
    sha256      bytea not null references intake.attachment (sha256),
    incoming_id bigint not null references intake.incoming (id),
    primary key (feed, name, incoming_id)
);
create index attachment_name_latest on intake.attachment_name (feed, name, incoming_id desc);

-- Where each feed stands. last_stamp is what freshness counts from: the core system's clock when it wrote the last applied file, never later
-- than the moment it was applied.
create table intake.feed (
    feed           text primary key,
    last_sequence  integer,
    last_name      text,
    last_stamp     timestamp,
    last_full_stamp timestamp,
    last_applied_at timestamptz,
    fresh_as_of    timestamptz,
    stopped_by     bigint references intake.incoming (id),
    lock_handle    boolean check (lock_handle is null)
);
insert into intake.feed (feed) values ('JUMIN'), ('JPKI'), ('YOKUSHI'), ('INKAN'), ('ZEI'), ('KOSEKI'), ('FUHYO'), ('GAIJI');

grant select on intake.feed to konbinid_desk;
grant select on all tables in schema intake to konbinid_intake, konbinid_office, konbinid_check;
grant insert, update on intake.incoming, intake.feed to konbinid_intake;
grant insert, delete on intake.incoming_part to konbinid_intake;
grant insert on intake.attachment, intake.attachment_name to konbinid_intake;
