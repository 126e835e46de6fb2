-- Deploy intake:appschema to pg

BEGIN;

CREATE SCHEMA intake;

-- Roles belong to the cluster, not to the database: another database may have
-- made it already.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_intake') THEN
    CREATE ROLE samverkan_intake LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_intake SET search_path = intake;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL; -- Another database made it at the same moment.
END
$$;

GRANT USAGE ON SCHEMA intake TO samverkan_intake;

-- One row: what the binaries check before they serve.
CREATE TABLE intake.schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO intake.schema_version (version) VALUES (1);
GRANT SELECT ON intake.schema_version TO samverkan_intake;

COMMIT;
