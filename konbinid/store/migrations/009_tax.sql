-- ZEI. One row for a 年度 and a person; amounts in yen, as the core system gives them (contract 2, ZEI).
-- filing: 1 申告済, 2 未申告, 3 申告不要. tax_class: 1 課税, 2 均等割のみ, 3 非課税. address: where the person lived on 1 January (賦課期日).
-- defect: why the person's year is closed and listed for staff, '' when it is not: class and amounts that contradict each other.
create table people.tax (
    year                         integer not null check (year between 1989 and 2200),
    atena_number                 text not null check (atena_number ~ '^[0-9]{10}$'),
    filing                       smallint not null check (filing in (1, 2, 3)),
    tax_class                    smallint not null check (tax_class in (1, 2, 3)),
    address                      text not null,
    name                         text not null,
    total_income                 bigint not null, -- 総所得金額等
    aggregate_income             bigint not null, -- 合計所得金額
    salary_revenue               bigint not null,
    salary_income                bigint not null,
    pension_revenue              bigint not null,
    pension_income               bigint not null,
    business_income              bigint not null, -- 営業等
    farm_income                  bigint not null,
    real_estate_income           bigint not null,
    dividend_income              bigint not null,
    occasional_income            bigint not null, -- 一時
    miscellaneous_income         bigint not null, -- 雑所得その他
    deductions_total             bigint not null,
    social_insurance_deduction   bigint not null,
    life_insurance_deduction     bigint not null,
    earthquake_deduction         bigint not null,
    spouse_deduction             bigint not null,
    dependants_deduction         bigint not null,
    basic_deduction              bigint not null,
    other_deductions             bigint not null,
    dependants_general           integer not null,
    dependants_specific          integer not null,
    dependants_elderly           integer not null,
    dependants_under_16          integer not null,
    disabled                     integer not null,
    tax_base                     bigint not null, -- 課税標準額
    city_per_capita              bigint not null, -- 市民税均等割
    city_income_levy             bigint not null, -- 市民税所得割
    prefecture_per_capita        bigint not null,
    prefecture_income_levy       bigint not null,
    forest_tax                   bigint not null, -- 森林環境税, from 令和6年度
    annual_tax                   bigint not null,
    determined_on                text,
    medical_deduction            bigint not null,
    small_enterprise_deduction   bigint not null,
    spouse_special_deduction     bigint not null,
    disability_deduction         bigint not null,
    adjustment_credit            bigint not null, -- 調整控除
    other_credits                bigint not null, -- 税額控除 (その他)
    fixed_reduction              bigint not null, -- 定額減税額
    deductible_spouse            boolean not null,
    specially_disabled           integer not null,
    defect                       text not null default '',
    incoming_id                  bigint not null,
    primary key (year, atena_number)
);
create index tax_atena on people.tax (atena_number);

grant select on people.tax to konbinid_desk, konbinid_intake, konbinid_office, konbinid_check;
grant insert, update, delete on people.tax to konbinid_intake;

-- Where the rows of one file wait for their transaction (007_intake_staging.sql says how).
create unlogged table intake.staged_tax (
    run                          bigint not null,
    line                         bigint not null,
    operation                    smallint not null,
    year                         integer not null,
    atena_number                 text not null,
    filing                       smallint,
    tax_class                    smallint,
    address                      text,
    name                         text,
    total_income                 bigint,
    aggregate_income             bigint,
    salary_revenue               bigint,
    salary_income                bigint,
    pension_revenue              bigint,
    pension_income               bigint,
    business_income              bigint,
    farm_income                  bigint,
    real_estate_income           bigint,
    dividend_income              bigint,
    occasional_income            bigint,
    miscellaneous_income         bigint,
    deductions_total             bigint,
    social_insurance_deduction   bigint,
    life_insurance_deduction     bigint,
    earthquake_deduction         bigint,
    spouse_deduction             bigint,
    dependants_deduction         bigint,
    basic_deduction              bigint,
    other_deductions             bigint,
    dependants_general           integer,
    dependants_specific          integer,
    dependants_elderly           integer,
    dependants_under_16          integer,
    disabled                     integer,
    tax_base                     bigint,
    city_per_capita              bigint,
    city_income_levy             bigint,
    prefecture_per_capita        bigint,
    prefecture_income_levy       bigint,
    forest_tax                   bigint,
    annual_tax                   bigint,
    determined_on                text,
    medical_deduction            bigint,
    small_enterprise_deduction   bigint,
    spouse_special_deduction     bigint,
    disability_deduction         bigint,
    adjustment_credit            bigint,
    other_credits                bigint,
    fixed_reduction              bigint,
    deductible_spouse            boolean,
    specially_disabled           integer,
    defect                       text
) with (autovacuum_enabled = false);
create unlogged table intake.staged_tax_effect (like intake.staged_credential_effect including constraints)
    with (autovacuum_enabled = false);
grant select, insert, update, delete, truncate on intake.staged_tax, intake.staged_tax_effect to konbinid_intake;

create or replace function intake.measure_staged(which text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    case which
        when 'person' then analyze intake.staged_person (run, line, operation, atena_number, household_number);
        when 'credential' then analyze intake.staged_credential (run, line, operation, type, serial);
        when 'hold' then analyze intake.staged_hold (run, line, operation, business_code, hold_number);
        when 'seal' then analyze intake.staged_seal (run, line, operation, registration_number, atena_number, image_name);
        when 'tax' then analyze intake.staged_tax (run, line, operation, year, atena_number);
        when 'person_effect' then analyze intake.staged_person_effect;
        when 'credential_effect' then analyze intake.staged_credential_effect;
        when 'hold_effect' then analyze intake.staged_hold_effect;
        when 'seal_effect' then analyze intake.staged_seal_effect;
        when 'tax_effect' then analyze intake.staged_tax_effect;
    end case;
end
$$;
