-- Deploy consent_keys:data_keys to pg

BEGIN;

-- Roles belong to the cluster, not to the database: the database of the data may have made
-- them already.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_consent_owner') THEN
    CREATE ROLE samverkan_consent_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_consent') THEN
    CREATE ROLE samverkan_consent LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_consent SET search_path = consent;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  RAISE EXCEPTION 'Another database is creating the roles at this moment. Deploy again.';
END
$$;
GRANT samverkan_consent_owner TO CURRENT_USER;

CREATE SCHEMA consent AUTHORIZATION samverkan_consent_owner;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent, pg_temp;
-- What is not granted by name is nobody's.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA consent TO samverkan_consent;

\ir ../../../../libs/sealing/schema/deploy.sql

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA consent TO samverkan_consent;

-- One row: what the binaries check before they serve.
CREATE TABLE schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO schema_version (version) VALUES (1);
GRANT SELECT ON schema_version TO samverkan_consent;

COMMIT;
