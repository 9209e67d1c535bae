-- State of the kinds, the lease, alerts, approved fingerprints.

-- One row a kind and one '*' for all. The desk holds it FOR SHARE from before it decides until it commits, so a suspension waits for
-- papers in the making and no paper overtakes a committed suspension. lock_handle exists because PostgreSQL wants an UPDATE right for
-- FOR SHARE: it is the only column the desk may "update", and it can never hold anything.
create table ops.kind_state (
    kind        text primary key,
    suspended   boolean not null default false,
    reason      text not null default '',
    changed_by  text not null default 'migration',
    changed_at  timestamptz not null default clock_timestamp(),
    change_no   bigint not null default 0,
    lock_handle boolean check (lock_handle is null)
);
insert into ops.kind_state (kind) values ('*'), ('juminhyo'), ('kisaijiko'), ('inkan'), ('kazei'), ('koseki_zenbu'), ('koseki_kojin'), ('fuhyo');

-- The singleton jobs' lease: the holder has the advisory lock *and* the newest epoch; every write of a singleton job reads the epoch
-- FOR SHARE in its own transaction (fencing).
create table ops.lease (
    name        text primary key,
    epoch       bigint not null default 0,
    holder      text not null default '',
    since       timestamptz not null default clock_timestamp(),
    lock_handle boolean check (lock_handle is null)
);
insert into ops.lease (name) values ('singleton');

-- Something a person must look at. Insert-only; looking at it is a row of its own.
create table ops.alert (
    id        bigint generated always as identity primary key,
    at        timestamptz not null default clock_timestamp(),
    severity  text not null check (severity in ('info', 'warning', 'error', 'critical')),
    source    text not null,
    event     text not null,
    subject   text not null default '',
    detail    jsonb not null default '{}'
);
create index alert_at on ops.alert (at desc);
create table ops.alert_seen (
    alert_id  bigint not null references ops.alert (id),
    at        timestamptz not null default clock_timestamp(),
    seen_by   text not null,
    note      text not null default '',
    primary key (alert_id, seen_by)
);

-- The build and configuration that may serve. The newest row counts; a host that differs is unfit (I-05, I-07).
create table ops.fingerprint (
    id           bigint generated always as identity primary key,
    at           timestamptz not null default clock_timestamp(),
    fingerprint  text not null,
    approved_by  text not null
);

-- Whoever changes these rows takes the table first. Row locks alone starve the one who changes: who shares a row lets others share it too, so
-- under load a suspension waited without end (measured: over a minute at 30 papers a second). Locks on a table are had in turn: the desk's FOR
-- SHARE waits behind this one, a plain SELECT does not.
create function ops.take_kinds() returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    lock table ops.kind_state in exclusive mode
$$;
revoke all on function ops.take_kinds() from public;

-- Closing is open to every part, opening is not: the functions run with the owner's rights.
create function ops.suspend(which text, why text, who text) returns void
    language sql security definer set search_path = pg_catalog, pg_temp as $$
    select ops.take_kinds();
    update ops.kind_state
       set suspended = true, reason = why, changed_by = who, changed_at = clock_timestamp(), change_no = change_no + 1
     where kind = which and not suspended
$$;
revoke all on function ops.suspend(text, text, text) from public;

grant select on ops.kind_state, ops.lease, ops.alert, ops.alert_seen, ops.fingerprint to konbinid_office, konbinid_check, konbinid_ops;
grant select on ops.kind_state, ops.fingerprint to konbinid_desk;
grant update (lock_handle) on ops.kind_state to konbinid_desk;
grant execute on function ops.suspend(text, text, text) to konbinid_desk, konbinid_intake, konbinid_office, konbinid_ops;
grant execute on function ops.take_kinds() to konbinid_office;
grant insert on ops.alert to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check, konbinid_ops;
grant insert on ops.alert_seen to konbinid_office;
grant insert on ops.fingerprint to konbinid_office;
grant update (suspended, reason, changed_by, changed_at, change_no) on ops.kind_state to konbinid_office;
grant select on ops.lease to konbinid_intake;
grant update (lock_handle) on ops.lease to konbinid_intake;
grant update on ops.lease to konbinid_ops;
