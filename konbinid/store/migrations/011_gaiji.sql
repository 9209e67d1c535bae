-- GAIJI. Every version of the city's 外字 font ever taken in; the newest id is in force. A row is never changed: a certificate records the
-- version that it was printed with, and can be read back, or printed again, with it.
create table library.gaiji_font (
    id          bigint generated always as identity primary key,
    version     text not null,               -- 版, as the core system calls it
    font_name   text not null,
    sha256      bytea not null,
    content     bytea not null,
    characters  text not null,               -- those in force with it, like 'U+E000 U+E001': the font may have others, which nobody compared
    incoming_id bigint not null,
    taken_at    timestamptz not null default clock_timestamp()
);
alter table library.gaiji_font alter column content set storage external;

-- The characters in force, each as the last row about it said.
create table library.gaiji (
    code        text primary key check (code ~ '^U\+[0-9A-F]{4,6}$'),
    version     text not null,
    glyph_hash  bytea not null,              -- sha256 of the glyph's glyf record
    shape_hash  bytea not null,              -- of what it draws: em, width, bearing, outline
    redefinable boolean not null,
    font_name   text not null,
    font_sha256 bytea not null,
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

-- As the tables of 007. The file has no 処理区分: a full file adds, a difference file adds or changes, and what a full file lacks is removed.
create unlogged table intake.staged_gaiji (
    run         bigint not null,
    line        bigint not null,
    operation   smallint not null,
    code        text not null,
    version     text,
    glyph_hash  bytea,
    shape_hash  bytea,
    redefinable boolean,
    font_name   text,
    font_sha256 bytea,
    note        text
) with (autovacuum_enabled = false);
create unlogged table intake.staged_gaiji_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);

grant usage on schema library to konbinid_intake;
grant select on library.gaiji_font, library.gaiji to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant insert on library.gaiji_font to konbinid_intake;
grant insert, update, delete on library.gaiji to konbinid_intake;
grant select, insert, update, delete, truncate on intake.staged_gaiji, intake.staged_gaiji_effect to konbinid_intake;
