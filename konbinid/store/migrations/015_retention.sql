-- What is removed when its retention ends (docs/decisions/0040): the bytes of applied files, attachments and registers' PDFs that nothing
-- names any more, the keys of documents, and the sealed bytes that have no key.

-- Each removal asks who still names the row; without these it would read the whole table that names it.
create index attachment_name_sha256 on intake.attachment_name (sha256);
create index koseki_pdf_sha256 on people.koseki (pdf_sha256) where pdf_sha256 is not null;
create index fuhyo_pdf_sha256 on people.fuhyo (pdf_sha256) where pdf_sha256 is not null;
-- When it was done last.
create index audit_action on ledger.audit (action, id desc);

grant delete on intake.attachment, intake.attachment_name, people.register_pdf to konbinid_intake;

-- Destroying the keys of documents whose time is over, a few at a time. The function looks at the ledger itself and takes no date of the last
-- day, so whoever may call it destroys nothing that a kiosk can still be given. A number that nobody was given and nobody can be given any
-- more (no report, past expires_at) does not wait for the retention.
create function ledger.shred_expired(reported_before timestamptz, expired_before timestamptz, most integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    latest constant timestamptz := clock_timestamp() - interval '1 day';
    destroyed integer;
begin
    with due as (select k.issuance_number
                   from ledger.document_key k
                   join ledger.decision d using (issuance_number)
                   left join ledger.delivery v using (issuance_number)
                  where case when v.issuance_number is not null then v.at < least(reported_before, latest)
                             when k.shows_individual_number then d.expires_at < latest
                             else d.expires_at < least(expired_before, latest) end
                  limit most)
    delete from ledger.document_key k using due where k.issuance_number = due.issuance_number;
    get diagnostics destroyed = row_count;
    return destroyed;
end
$$;

-- Sealed bytes whose key is gone are noise that takes room. A document and its key are committed together, so none is caught without.
create function ledger.drop_keyless(most integer) returns integer
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    dropped integer;
begin
    with keyless as (select d.issuance_number
                       from ledger.document d
                      where not exists (select from ledger.document_key k where k.issuance_number = d.issuance_number)
                      limit most)
    delete from ledger.document d using keyless where d.issuance_number = keyless.issuance_number;
    get diagnostics dropped = row_count;
    return dropped;
end
$$;

-- As in 006: rights are given while the functions are still the migrating role's.
revoke all on function ledger.shred_expired(timestamptz, timestamptz, integer) from public;
revoke all on function ledger.drop_keyless(integer) from public;
grant execute on function ledger.shred_expired(timestamptz, timestamptz, integer) to konbinid_ops;
grant execute on function ledger.drop_keyless(integer) to konbinid_ops;
grant select (issuance_number, expires_at) on ledger.decision to konbinid_shred;
grant select (issuance_number), delete on ledger.document to konbinid_shred;
grant create on schema ledger to konbinid_shred;
do $$ begin execute format('grant konbinid_shred to %I', current_user); end $$;
alter function ledger.shred_expired(timestamptz, timestamptz, integer) owner to konbinid_shred;
alter function ledger.drop_keyless(integer) owner to konbinid_shred;
do $$ begin execute format('revoke konbinid_shred from %I', current_user); end $$;
revoke create on schema ledger from konbinid_shred;
