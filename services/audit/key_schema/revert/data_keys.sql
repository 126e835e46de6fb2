-- Revert audit_keys:data_keys from pg

BEGIN;
SET LOCAL search_path = audit;
\ir ../../../../libs/sealing/schema/revert.sql
DROP TABLE schema_version;
DROP SCHEMA audit;
COMMIT;
