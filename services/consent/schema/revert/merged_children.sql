-- Revert consent:merged_children from pg

BEGIN;
DROP FUNCTION consent.merge_children;
COMMIT;
