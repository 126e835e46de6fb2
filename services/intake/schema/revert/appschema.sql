-- Revert intake:appschema from pg
-- The roles stay: they belong to the cluster and may serve other databases.

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
RESET ROLE;
DROP FUNCTION intake.scope_municipality, intake.scope_authority;
DROP TABLE intake.schema_version;
DROP SCHEMA intake;
COMMIT;
