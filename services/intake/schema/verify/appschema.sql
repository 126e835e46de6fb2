-- Verify intake:appschema on pg

BEGIN;
SELECT 1 / count(*) FROM intake.schema_version;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'samverkan_intake' AND NOT rolsuper AND NOT rolbypassrls;
ROLLBACK;
