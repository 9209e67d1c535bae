-- The roles of the daemon's parts. Each part signs in as its own role and holds no other right (docs/architecture.md):
--   konbinid_desk    the kiosk path: reads people, library and state; inserts into the ledger
--   konbinid_intake  the core systems' files: writes people and intake
--   konbinid_office  the admin port: reads; writes what staff decide
--   konbinid_check   the independent second look: reads only
--   konbinid_shred   destroys document keys, nothing else
--   konbinid_ops     lease, heartbeats, alerts
-- They are made without LOGIN: the operator (or the demo) gives each a password. Roles belong to the whole server, so
-- a test environment beside production runs on a PostgreSQL instance of its own.
do $$
declare
    role_name text;
begin
    foreach role_name in array array['konbinid_desk', 'konbinid_intake', 'konbinid_office', 'konbinid_check', 'konbinid_shred', 'konbinid_ops'] loop
        if not exists (select from pg_roles where rolname = role_name) then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect on database %I to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check, konbinid_shred, konbinid_ops', current_database());
end
$$;

revoke all on schema public from public;

create schema people;
create schema intake;
create schema library;
create schema ledger;
create schema ops;

grant usage on schema people to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant usage on schema intake to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check, konbinid_ops;
grant usage on schema library to konbinid_desk, konbinid_office, konbinid_check;
grant usage on schema ledger to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check, konbinid_shred, konbinid_ops;
grant usage on schema ops to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check, konbinid_ops;
