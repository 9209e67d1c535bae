-- Files that a relay at the city hall brings (docs/decisions/0035): what has come of each so far, until it is whole and becomes a row of
-- intake.incoming. The row stays until the relay has taken its receipt.

create table intake.transfer (
    id          bigint generated always as identity primary key,
    relay       text not null,
    name        text not null,
    feed        text not null,
    size        bigint not null check (size >= 0),
    sha256      bytea not null check (length(sha256) = 32), -- of the bytes that the relay sends
    rows        bigint not null,                            -- as the .end marker says, and its hash; null: the marker is malformed
    claimed     bytea check (length(claimed) = 32),
    have        bigint not null default 0 check (have between 0 and size),
    named       boolean not null default false,             -- what its rows name stands in intake.transfer_attachment
    incoming_id bigint references intake.incoming (id),     -- stored
    touched_at  timestamptz not null default clock_timestamp(),
    unique (relay, name)
);

-- What the rows name. Nobody has looked for it at the relay (size and fault null), it lies there (size, sha256, have), it is not there
-- (fault empty), or it lies there and cannot be taken (fault; then nothing held stands in for it, docs/decisions/0039).
create table intake.transfer_attachment (
    transfer_id bigint not null references intake.transfer (id) on delete cascade,
    name        text not null,
    size        bigint,
    sha256      bytea,
    have        bigint not null default 0,
    fault       text,
    primary key (transfer_id, name)
);

-- Bytes as they came: of the data file (attachment empty) and of attachments.
create table intake.transfer_part (
    transfer_id bigint not null references intake.transfer (id) on delete cascade,
    attachment  text not null,
    start       bigint not null,
    content     bytea not null,
    primary key (transfer_id, attachment, start)
);
-- Short-lived: compressing it costs more than it saves.
alter table intake.transfer_part alter column content set storage external;

-- Which relay brought a file; empty: it lay in the daemon's own inbox. A relay's receipts are not written to the daemon's out-box.
alter table intake.incoming add column relay text not null default '';

-- When a relay was heard last, and whether its silence has been told.
create table ops.relay (
    relay      text primary key,
    heard_at   timestamptz,
    watched_at timestamptz not null default clock_timestamp(),
    silent     boolean not null default false
);

grant select, insert, update, delete on intake.transfer, intake.transfer_attachment to konbinid_intake;
grant select, insert, delete on intake.transfer_part to konbinid_intake;
grant select, insert on ops.relay to konbinid_intake;
grant update (heard_at) on ops.relay to konbinid_intake;
grant select, insert, update on ops.relay to konbinid_ops;
grant select on ops.relay to konbinid_office, konbinid_check;
