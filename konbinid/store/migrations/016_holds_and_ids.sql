-- 宛名番号 that KOSEKI or FUHYO ever gave a member (decision 0029). Both empty it when the person moves away; holds that the core systems keep by
-- 宛名番号 must go on naming the member. A link closes and never opens: who reaches a register by residence is asked of the feeds' rows alone.
-- Insert-only, and made where the row is made, so that nothing that writes a row can forget it.
alter table people.koseki add constraint koseki_link_is_whole check (atena_number is null or birth_date is not null);
alter table people.fuhyo add constraint fuhyo_link_is_whole check (atena_number is null or birth_date is not null);
create table people.register_link (
    register_number text not null,
    member          text not null,
    birth_date      text not null, -- a used 構成員番号 with another birth date is somebody else
    atena_number    text not null,
    incoming_id     bigint not null, -- the file that said so first
    primary key (register_number, member, birth_date, atena_number)
);
create index register_link_atena on people.register_link (atena_number);

create function people.link_members() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into people.register_link (register_number, member, birth_date, atena_number, incoming_id)
    select register_number, member, birth_date, atena_number, incoming_id from fresh where atena_number is not null
        on conflict do nothing;
    return null;
end
$$;
revoke all on function people.link_members() from public;
create trigger koseki_links after insert on people.koseki
    referencing new table as fresh for each statement execute function people.link_members();
create trigger koseki_links_again after update on people.koseki
    referencing new table as fresh for each statement execute function people.link_members();
create trigger fuhyo_links after insert on people.fuhyo
    referencing new table as fresh for each statement execute function people.link_members();
create trigger fuhyo_links_again after update on people.fuhyo
    referencing new table as fresh for each statement execute function people.link_members();
insert into people.register_link (register_number, member, birth_date, atena_number, incoming_id)
select register_number, member, birth_date, atena_number, incoming_id from people.koseki where atena_number is not null
union all
select register_number, member, birth_date, atena_number, incoming_id from people.fuhyo where atena_number is not null
    on conflict do nothing;

-- Who a member of a register is here, as far as holds go: every link whose member still stands, removed (除籍) or not, in either feed.
create view people.linked_member with (security_invoker = true) as
select l.register_number, l.member, l.atena_number
  from people.register_link l
 where exists (select from people.koseki k where (k.register_number, k.member, k.birth_date) = (l.register_number, l.member, l.birth_date))
    or exists (select from people.fuhyo f where (f.register_number, f.member, f.birth_date) = (l.register_number, l.member, l.birth_date));

-- A row of YOKUSHI in doubt may hold a member of a register who lives here. held_member: 構成員番号 that it names; '' when it names none, and may mean
-- anybody of the register; NULL for doubt about the register alone (KOSEKI, FUHYO).
alter table people.doubt add column held_member text;
alter table people.doubt add constraint doubt_member_has_register check (held_member is null or register_number is not null);
drop index people.doubt_register;
create unique index doubt_register on people.doubt (register_number, held_member, incoming_id) nulls not distinct
    where register_number is not null;
alter table intake.staged_key add column register_member text;

-- Holds and doubt by the 宛名番号 of whom they name, by whichever key.
create view people.person_hold with (security_invoker = true) as
select h.atena_number, h.category, h.kinds, h.household, h.starts_on, h.ends_on, h.register_number, h.register_member, h.register_wide
  from people.hold h where h.atena_number is not null
union all
select m.atena_number, h.category, h.kinds, h.household, h.starts_on, h.ends_on, h.register_number, h.register_member, h.register_wide
  from people.hold h join people.linked_member m on (m.register_number, m.member) = (h.register_number, h.register_member)
 where h.atena_number is distinct from m.atena_number;
create view people.person_doubt with (security_invoker = true) as
select atena_number, incoming_id from people.doubt where atena_number is not null
union all
select p.atena_number, d.incoming_id from people.person p join people.doubt d on d.resident_code_digest = p.resident_code_digest
union all
select m.atena_number, d.incoming_id
  from people.doubt d join people.linked_member m on m.register_number = d.register_number and d.held_member in (m.member, '');

-- Whose register news about a credential may close (利用登録). Intake may see these three columns and nothing that an applicant wrote; so this view
-- has its owner's rights and not those of whoever asks.
create view people.registered_credential with (security_barrier = true) as
select (case a.credential_type when 'CARD' then 1 else 2 end)::smallint as type, a.credential_serial as serial, d.register_number
  from ledger.application a join ledger.application_decision d using (application_number)
 where d.approved;

-- A client's transactionId is bound once, whichever operation binds it (contract 1; decision 0030). Bound where its row is made, so that it costs
-- no round trip and goes when the row goes; after the row, so that the operation's own constraint speaks first when the same operation comes again.
create table ledger.bound_transaction (
    client         text not null,
    transaction_id text not null,
    primary key (client, transaction_id)
);
create function ledger.bind_transaction() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into ledger.bound_transaction (client, transaction_id) values (new.client, new.transaction_id);
    return null;
end
$$;
revoke all on function ledger.bind_transaction() from public;
create trigger issuance_binds after insert on ledger.issuance for each row execute function ledger.bind_transaction();
create trigger application_request_binds after insert on ledger.application_request
    for each row execute function ledger.bind_transaction();
insert into ledger.bound_transaction (client, transaction_id)
select client, transaction_id from ledger.issuance
union
select client, transaction_id from ledger.application_request;

grant select on people.register_link, people.linked_member, people.person_hold, people.person_doubt
    to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant select on people.registered_credential to konbinid_intake;
grant select on ledger.bound_transaction to konbinid_office, konbinid_check;
