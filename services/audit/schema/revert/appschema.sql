-- Revert audit:appschema from pg
-- The roles stay: they belong to the cluster and may serve other databases.

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
RESET ROLE;
DROP TABLE audit.schema_version;
DROP SCHEMA audit;
COMMIT;
