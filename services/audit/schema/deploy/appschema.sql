-- Deploy audit:appschema to pg

BEGIN;

-- Roles belong to the cluster, not to the database: another database may have
-- made them already.
--   samverkan_audit_owner  owns everything here; nobody logs in as it
--   samverkan_audit        the running service: may call functions, sees no table
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_audit_owner') THEN
    CREATE ROLE samverkan_audit_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_audit') THEN
    CREATE ROLE samverkan_audit LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_audit SET search_path = audit;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  RAISE EXCEPTION 'Another database is creating the roles at this moment. Deploy again.';
END
$$;
GRANT samverkan_audit_owner TO CURRENT_USER;

CREATE SCHEMA audit AUTHORIZATION samverkan_audit_owner;
SET LOCAL ROLE samverkan_audit_owner;
-- What is not granted by name is nobody's, functions included.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO samverkan_audit;

-- One row: what the binaries check before they serve.
CREATE TABLE audit.schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO audit.schema_version (version) VALUES (3);
GRANT SELECT ON audit.schema_version TO samverkan_audit;

COMMIT;
