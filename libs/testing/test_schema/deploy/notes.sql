-- Deploy testing:notes to pg
BEGIN;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'samverkan_testing') THEN
    CREATE ROLE samverkan_testing LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
  END IF;
END
$$;

CREATE TABLE notes (note text NOT NULL);
GRANT SELECT ON notes TO samverkan_testing;

COMMIT;
