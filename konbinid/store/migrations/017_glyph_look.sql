-- What a look through everything that certificates print found without a glyph (docs/decisions/0041): code points, fields and how many residents,
-- never who. One row: the last look that ended; an alert was raised in the same transaction for what the look before had not found.
create table ops.glyph_look (
    one        boolean primary key default true check (one),
    began_at   timestamptz not null,
    seconds    double precision not null check (seconds >= 0),
    basis      text not null,            -- what it was made from (konbinid.store.glyph_look.basis_of): another basis is a reason to look again
    people     bigint not null,
    characters bigint not null,          -- how many were found; missing may hold fewer
    missing    jsonb not null check (jsonb_typeof(missing) = 'array')
);
grant select on ops.glyph_look to konbinid_office, konbinid_check, konbinid_ops;
grant insert, update on ops.glyph_look to konbinid_office;
