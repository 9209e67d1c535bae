-- What the city decides by date. Insert-only: a change is a new entry, a mistake is a withdrawal, so any past instant keeps its answer.

create table library.blob (
    sha256   bytea primary key,
    content  bytea not null
);
create table library.entry (
    id             bigint generated always as identity primary key,
    item           text not null,
    kind           text,
    effective_from timestamptz not null,
    effective_to   timestamptz check (effective_to > effective_from),
    value          jsonb not null,
    blob_sha256    bytea references library.blob (sha256),
    note           text not null default '',
    entered_by     text not null,
    entered_at     timestamptz not null default clock_timestamp()
);
-- Four eyes: an entry counts from its approval, and never by the hand that entered it.
create table library.approval (
    entry_id    bigint primary key references library.entry (id),
    approved_by text not null,
    approved_at timestamptz not null default clock_timestamp()
);
create table library.withdrawal (
    entry_id     bigint primary key references library.entry (id),
    withdrawn_by text not null,
    withdrawn_at timestamptz not null default clock_timestamp(),
    reason       text not null default ''
);
-- Counts up with every change; who has read the library at a revision may keep what was read until it moves. moved_at tells two changes apart
-- that got the same number: one before, one after a restored backup.
create table library.revision (
    one      boolean primary key default true check (one),
    revision bigint not null,
    moved_at timestamptz not null default clock_timestamp()
);
insert into library.revision (revision) values (0);

create function library.approver_differs() returns trigger language plpgsql as $$
begin
    if (select entered_by from library.entry where id = new.entry_id) = new.approved_by then
        raise exception 'an entry is approved by someone other than who entered it' using errcode = 'check_violation';
    end if;
    return new;
end
$$;
create trigger approval_four_eyes before insert on library.approval for each row execute function library.approver_differs();

-- A change of the library touches every kind: the desk holds its kind's row while it makes a paper.
create function library.moved() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update library.revision set revision = revision + 1, moved_at = clock_timestamp();
    perform ops.take_kinds();
    update ops.kind_state set change_no = change_no + 1;
    return null;
end
$$;
create trigger approval_moves after insert on library.approval for each statement execute function library.moved();
create trigger withdrawal_moves after insert on library.withdrawal for each statement execute function library.moved();

revoke all on function library.approver_differs(), library.moved() from public;

grant select on all tables in schema library to konbinid_desk, konbinid_office, konbinid_check;
grant insert on library.blob, library.entry, library.approval, library.withdrawal to konbinid_office;
