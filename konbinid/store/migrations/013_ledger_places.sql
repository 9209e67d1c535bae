-- Where a request came from goes into the ledger (contract 1), also of a document that is given again, of what became of it, and of an error
-- that the centre reports (there the kiosk is optional). Rows from before this have none.
alter table ledger.replay
    add column chain_code text, add column store_code text, add column store_name text, add column channel text;
alter table ledger.delivery
    add column chain_code text, add column store_code text, add column store_name text, add column terminal_id text, add column channel text;
alter table ledger.error_report
    add column chain_code text, add column store_code text, add column store_name text, add column terminal_id text, add column channel text;
