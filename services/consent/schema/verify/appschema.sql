-- Verify consent:appschema on pg

BEGIN;
SELECT 1 / count(*) FROM consent.schema_version;
SELECT 1 / (count(*) = 3)::integer FROM pg_roles
  WHERE rolname IN ('samverkan_consent_owner', 'samverkan_consent', 'samverkan_consent_jobs')
    AND NOT rolsuper AND NOT rolbypassrls;
ROLLBACK;
