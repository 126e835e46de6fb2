-- Verify consent_keys:data_keys on pg

BEGIN;
SET LOCAL search_path = consent;
\ir ../../../../libs/sealing/schema/verify.sql
-- The running service reaches no table of keys.
SELECT 1 / (NOT has_table_privilege('samverkan_consent', 'consent.data_key', 'SELECT, INSERT, UPDATE, DELETE'))::integer;
ROLLBACK;
