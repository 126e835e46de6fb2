-- Revert consent_keys:data_keys from pg

BEGIN;
SET LOCAL search_path = consent;
\ir ../../../../libs/sealing/schema/revert.sql
DROP TABLE schema_version;
DROP SCHEMA consent;
COMMIT;
