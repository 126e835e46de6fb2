-- Verify audit:appschema on pg

BEGIN;
SELECT 1 / count(*) FROM audit.schema_version;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'samverkan_audit' AND NOT rolsuper AND NOT rolbypassrls;
SELECT 1 / count(*) FROM pg_roles WHERE rolname = 'samverkan_audit_owner' AND NOT rolcanlogin AND NOT rolsuper;
ROLLBACK;
