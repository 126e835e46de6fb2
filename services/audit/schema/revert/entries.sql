-- Revert audit:entries from pg

BEGIN;
DROP TABLE audit.search_tag;
DROP TABLE audit.private_part;
DROP TABLE audit.entry_key;
DROP TABLE audit.entry;
DROP TABLE audit.log_state;
COMMIT;
