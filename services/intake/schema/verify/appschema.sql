-- Verify intake:appschema on pg

BEGIN;
SELECT 1 / count(*) FROM intake.schema_version;
SELECT 1 / (count(*) = 3)::integer FROM pg_roles
  WHERE rolname IN ('samverkan_intake_owner', 'samverkan_intake', 'samverkan_intake_jobs')
    AND NOT rolsuper AND NOT rolbypassrls;
ROLLBACK;
