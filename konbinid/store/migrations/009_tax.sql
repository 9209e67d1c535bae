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
