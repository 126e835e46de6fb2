-- Revert testing:notes from pg
BEGIN;

DROP TABLE notes;

COMMIT;
