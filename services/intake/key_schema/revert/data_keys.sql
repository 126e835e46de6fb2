-- Revert intake_keys:data_keys from pg

BEGIN;
SET LOCAL search_path = intake;
\ir ../../../../libs/sealing/schema/revert.sql
DROP TABLE schema_version;
DROP SCHEMA intake;
COMMIT;
