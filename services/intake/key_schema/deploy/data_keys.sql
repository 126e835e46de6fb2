-- Deploy intake_keys:data_keys to pg

BEGIN;

-- Roles belong to the cluster, not to the database: the database of the data may have made
-- them already.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_intake_owner') THEN
    CREATE ROLE samverkan_intake_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_intake') THEN
    CREATE ROLE samverkan_intake LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOBYPASSRLS;
    ALTER ROLE samverkan_intake SET search_path = intake;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  RAISE EXCEPTION 'Another database is creating the roles at this moment. Deploy again.';
END
$$;
GRANT samverkan_intake_owner TO CURRENT_USER;

CREATE SCHEMA intake AUTHORIZATION samverkan_intake_owner;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake, pg_temp;
-- What is not granted by name is nobody's.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
GRANT USAGE ON SCHEMA intake TO samverkan_intake;

\ir ../../../../libs/sealing/schema/deploy.sql

GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA intake TO samverkan_intake;

-- One row: what the binaries check before they serve.
CREATE TABLE schema_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version integer NOT NULL
);
INSERT INTO schema_version (version) VALUES (1);
GRANT SELECT ON schema_version TO samverkan_intake;

COMMIT;
