-- Whose a picture was in the file that brought it (docs/decisions/0044): a corrected file takes over the pictures of the one that it corrects only
-- for the same registration of the same person. Null: the feed's rows bind their attachments themselves (sha256, 字形ハッシュ), the row could not
-- be read so far, two rows of the file named it, or it came before this column.
alter table intake.attachment_name add column owner text;
-- What only one may have and a bad row claims for somebody: the digest of a 個人番号 in hex, or an attachment's name.
alter table intake.staged_key add column claimed text;
grant update (owner) on intake.attachment_name to konbinid_intake;
