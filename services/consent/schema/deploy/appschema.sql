-- Deploy consent:appschema to pg

BEGIN;

-- Roles belong to the cluster, not to the database: another database may have made them
-- already.
--   samverkan_consent_owner  owns everything here; nobody logs in as it
--   samverkan_consent        the running service, for its callers: row-level security holds
--                           it to the rows of the caller's board
--   samverkan_consent_jobs   its relay and sweeper, which work across boards: policies of
--                           their own say on what
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_consent_owner') THEN
    CREATE ROLE samverkan_consent_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_consent') THEN
    CREATE ROLE samverkan_consent LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_consent SET search_path = consent;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_consent_jobs') THEN
    CREATE ROLE samverkan_consent_jobs LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_consent_jobs SET search_path = consent;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  RAISE EXCEPTION 'Another database is creating the roles at this moment. Deploy again.';
END
$$;
GRANT samverkan_consent_owner TO CURRENT_USER;

CREATE SCHEMA consent AUTHORIZATION samverkan_consent_owner;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;
-- What is not granted by name is nobody's.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA consent TO samverkan_consent, samverkan_consent_jobs;

\ir ../../../../libs/pg/schema/scope.sql
GRANT EXECUTE ON FUNCTION scope_municipality, scope_authority TO samverkan_consent, samverkan_consent_jobs;

-- One row: what the binaries check before they serve.
CREATE TABLE schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO schema_version (version) VALUES (1);
GRANT SELECT ON schema_version TO samverkan_consent, samverkan_consent_jobs;

COMMIT;
