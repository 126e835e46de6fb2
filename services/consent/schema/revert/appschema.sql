-- Revert consent:appschema from pg
-- The roles stay: they belong to the cluster and may serve other databases.

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
RESET ROLE;
DROP FUNCTION consent.scope_municipality, consent.scope_authority;
DROP TABLE consent.schema_version;
DROP SCHEMA consent;
COMMIT;
