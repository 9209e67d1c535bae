-- GAIJI. Every version of the city's 外字 font ever taken in; the newest id is in force. A row is never changed: a certificate records the
-- version that it was printed with, and prints again with it.
create table library.gaiji_font (
    id          bigint generated always as identity primary key,
    version     text not null,               -- 版, as the core system calls it
    sha256      bytea not null,
    content     bytea not null,
    incoming_id bigint not null,
    taken_at    timestamptz not null default clock_timestamp()
);
alter table library.gaiji_font alter column content set storage external;

-- The characters in force.
create table library.gaiji (
    code        text primary key check (code ~ '^U\+[0-9A-F]{4,6}$'),
    version     text not null,
    glyph_hash  bytea not null,              -- sha256 of the glyph's glyf record
    redefinable boolean not null,
    font_name   text not null,
    note        text not null,
    incoming_id bigint not null
);

-- A new font takes effect at once: the desk holds '*' while it makes a paper, so a paper is made with one version or the other.
create function library.gaiji_moved() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform ops.take_kinds();
    update ops.kind_state set change_no = change_no + 1 where kind = '*';
    return null;
end
$$;
revoke all on function library.gaiji_moved() from public;
create trigger gaiji_font_moves after insert on library.gaiji_font for each statement execute function library.gaiji_moved();

grant usage on schema library to konbinid_intake;
grant select on library.gaiji_font, library.gaiji to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant insert on library.gaiji_font to konbinid_intake;
grant insert, update, delete on library.gaiji to konbinid_intake;
