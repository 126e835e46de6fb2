-- Revert audit:erase_entries from pg

BEGIN;
DROP FUNCTION audit.erase_again;
DROP FUNCTION audit.keep_destruction;
DROP FUNCTION audit.get_last_destruction;
DROP FUNCTION audit.list_destructions_after;
DROP FUNCTION audit.list_due_destructions;
DROP FUNCTION audit.erase_entries;
DROP FUNCTION audit.list_outcomes_of_entries;
DROP FUNCTION audit.is_told_by_others;
DROP FUNCTION audit.list_erasable_entries;
DROP FUNCTION audit.keep_erasure;
DROP FUNCTION audit.claim_erasure;
DROP INDEX audit.review_item_by_index;
DROP TABLE audit.key_destruction;
DROP TABLE audit.erasure;
DROP FUNCTION audit.check_erasure;
COMMIT;
