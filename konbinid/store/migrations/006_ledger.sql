-- What was asked, decided, made, given and refused. Insert-only for every role of the daemon; the state of an issuance is a view.
-- The order of writing is the safety: the issuance row (who asked for what, under which number) exists before anything is rendered, and
-- becomes visible only together with its decision and its document.

create table ledger.issuance (
    issuance_number    text primary key check (issuance_number ~ '^[0-9A-Z-]{12,24}$'),
    client             text not null,
    transaction_id     text not null check (transaction_id ~ '^[A-Za-z0-9-]{1,64}$'),
    request_digest     bytea not null,  -- keyed; over every element but transactionId, parsed values
    received_at        timestamptz not null default clock_timestamp(),
    kind               text not null,
    copies             integer not null,
    fee                integer not null,
    scope              text,
    members            integer[] not null,
    switches           text[] not null,
    year               integer,
    credential_type    text not null,
    credential_serial  text not null,
    chain_code         text not null,
    store_code         text not null,
    store_name         text not null,
    terminal_id        text not null,
    channel            text not null,
    host               text not null,
    build              text not null,
    unique (client, transaction_id)     -- at most one document per bound transactionId (I-03, I-07)
);
create index issuance_received on ledger.issuance (received_at desc);

create table ledger.decision (
    issuance_number   text primary key references ledger.issuance (issuance_number),
    decided_at        timestamptz not null,  -- the one instant that decided everything
    atena_number      text not null,
    printed           jsonb not null,        -- [{atena, member, change_no}] in the order printed
    content           jsonb not null,        -- what stands on the paper; a keyed digest in place of 個人番号
    content_digest    bytea not null,
    form_version      text not null,
    form_digest       text not null,
    fonts_digest      text not null,
    gaiji_version     text not null,
    library_revision  bigint not null,
    fingerprint       text not null,
    pages             integer not null,
    total_fee         integer not null,
    document_sha256   bytea not null,
    expires_at        timestamptz not null
);
create index decision_atena on ledger.decision (atena_number, decided_at desc);
create index decision_decided on ledger.decision (decided_at desc);

-- The bytes, sealed with a key of their own. The key is wrapped by a key outside the database and lies apart: destroying it is destroying
-- the document, backups of this table included.
create table ledger.document (
    issuance_number text primary key references ledger.issuance (issuance_number),
    sealed          bytea not null
);
alter table ledger.document alter column sealed set storage external;
create table ledger.document_key (
    issuance_number         text primary key references ledger.issuance (issuance_number),
    wrapped_key             bytea not null,
    shows_individual_number boolean not null
);

create table ledger.refusal (
    id                 bigint generated always as identity primary key,
    at                 timestamptz not null default clock_timestamp(),
    client             text not null,
    transaction_id     text not null,
    operation          text not null,
    kind               text,
    code               text not null,
    rule               text not null,
    atena_number       text,
    chain_code         text,
    store_code         text,
    store_name         text,
    terminal_id        text,
    channel            text,
    host               text not null,
    build              text not null
);
create index refusal_at on ledger.refusal (at desc);

create table ledger.replay (
    id              bigint generated always as identity primary key,
    issuance_number text not null references ledger.issuance (issuance_number),
    at              timestamptz not null default clock_timestamp(),
    terminal_id     text not null,
    host            text not null
);

create table ledger.delivery (
    issuance_number text primary key references ledger.issuance (issuance_number),
    at              timestamptz not null default clock_timestamp(),
    outcome         text not null check (outcome in ('DELIVERED', 'CANCELLED', 'FAILED')),
    copies          integer not null,
    occurred_at     timestamptz not null,
    late            boolean not null,
    detail          text not null,
    transaction_id  text not null,
    host            text not null
);
create index delivery_at on ledger.delivery (at desc);

create table ledger.error_report (
    id              bigint generated always as identity primary key,
    at              timestamptz not null default clock_timestamp(),
    client          text not null,
    transaction_id  text not null,
    issuance_number text,
    kind            text,
    error_code      text not null,
    detail          text not null,
    known           boolean not null,
    host            text not null
);

-- Every act and every look of staff and operators. approved_by for acts that need four eyes. Sealed in a chain by a singleton job.
create table ledger.audit (
    id          bigint generated always as identity primary key,
    at          timestamptz not null default clock_timestamp(),
    actor       text not null,
    action      text not null,
    subject     text not null default '',
    detail      jsonb not null default '{}',
    approved_by text
);
create table ledger.audit_seal (
    through_id  bigint primary key,
    at          timestamptz not null default clock_timestamp(),
    previous    bytea not null,
    digest      bytea not null
);

create view ledger.issuance_state with (security_invoker = true) as
select i.issuance_number, i.client, i.transaction_id, i.kind, i.received_at, d.decided_at, d.expires_at,
       case when v.issuance_number is not null then v.outcome
            when d.issuance_number is null then 'OPEN'
            when d.expires_at < clock_timestamp() then 'UNREPORTED'
            else 'MADE' end as state,
       v.copies as copies_delivered
  from ledger.issuance i
  left join ledger.decision d using (issuance_number)
  left join ledger.delivery v using (issuance_number);

-- Destroying the key of a delivered document that shows 個人番号. The function belongs to the shredding role and checks the state itself, so
-- that whoever may call it can destroy nothing else.
create function ledger.shred_delivered(number text) returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    delete from ledger.document_key k
     where k.issuance_number = number and k.shows_individual_number
       and exists (select from ledger.delivery v where v.issuance_number = number);
    return found;
end
$$;
-- While it is still the migrating role's: whoever is not a function's owner revokes nothing from it, and PostgreSQL only warns.
revoke all on function ledger.shred_delivered(text) from public;
grant execute on function ledger.shred_delivered(text) to konbinid_desk;
grant select on ledger.document_key, ledger.delivery to konbinid_shred;
grant delete on ledger.document_key to konbinid_shred;
grant create on schema ledger to konbinid_shred;
do $$ begin execute format('grant konbinid_shred to %I', current_user); end $$;
alter function ledger.shred_delivered(text) owner to konbinid_shred;
do $$ begin execute format('revoke konbinid_shred from %I', current_user); end $$;
revoke create on schema ledger from konbinid_shred;

grant select, insert on ledger.issuance, ledger.decision, ledger.document, ledger.document_key, ledger.refusal, ledger.replay,
    ledger.delivery, ledger.error_report to konbinid_desk;
grant select on all tables in schema ledger to konbinid_check;
grant select on ledger.issuance, ledger.decision, ledger.refusal, ledger.replay, ledger.delivery, ledger.error_report, ledger.audit,
    ledger.issuance_state, ledger.audit_seal to konbinid_office;
grant insert on ledger.audit to konbinid_desk, konbinid_intake, konbinid_office, konbinid_ops;
grant select on ledger.audit, ledger.audit_seal to konbinid_ops;
grant insert on ledger.audit_seal to konbinid_ops;
revoke select on ledger.document_key from konbinid_check;
