-- Deploy intake:staff_names to pg
-- requires: appschema

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- Who works at a board, as their tokens tell it: log review looks closer where one reads a
-- colleague's file. A tag of each name, as in `report`, and no name.
CREATE TABLE staff_name (
  municipality text NOT NULL,
  authority text NOT NULL,
  tag bytea NOT NULL,
  index_key text NOT NULL,
  PRIMARY KEY (municipality, authority, tag)
);

ALTER TABLE staff_name ENABLE ROW LEVEL SECURITY;
ALTER TABLE staff_name FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON staff_name
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

GRANT SELECT, INSERT ON staff_name TO samverkan_intake;

COMMIT;
