-- A row in doubt may name somebody who is new here as joining a household. That person's own hold reaches nobody yet: the household must be
-- held by its 世帯番号, or a 世帯全員 without the newcomer could be certified until the file is resolved.
alter table people.doubt add column household_number text;
alter table people.doubt drop constraint doubt_check;
alter table people.doubt add constraint doubt_names_one
    check (num_nonnulls(atena_number, resident_code_digest, register_number, household_number) = 1);
create unique index doubt_household on people.doubt (household_number, incoming_id) where household_number is not null;

-- key_values: the key of a bad row as far as it can be read, in the order of the table's key: whoever the register has under it is held, too.
alter table intake.staged_key add column household_number text;
alter table intake.staged_key add column key_values text[];
