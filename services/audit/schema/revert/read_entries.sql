-- Revert audit:read_entries from pg

BEGIN;
DROP FUNCTION audit.search_entries;
DROP FUNCTION audit.get_entry;
COMMIT;
