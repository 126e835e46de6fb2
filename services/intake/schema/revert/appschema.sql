-- Revert intake:appschema from pg
-- The role stays: it belongs to the cluster and may serve other databases.

BEGIN;
DROP TABLE intake.schema_version;
DROP SCHEMA intake;
COMMIT;
