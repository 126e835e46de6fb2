-- Revert audit:append_entries from pg

DROP FUNCTION audit.append_entries;
