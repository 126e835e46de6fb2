-- Deploy consent:children to pg
-- requires: outbox

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- What says something of a person is sealed with the row's data key, or stands here as a tag:
-- a keyed hash that finds it again and says nothing without the key (libs/keys/blind_index.h).
-- `index_key` names the key, so that tags can be made anew under another.

-- A child at one authority. Two authorities may know a child by the same reference and learn
-- nothing of it, so the authority is part of the key.
CREATE TABLE child (
  municipality text NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- The units that work with it.
  unit_tags bytea[] NOT NULL,
  -- Null where it is assigned to nobody.
  assignee_tag bytea,
  index_key text NOT NULL,
  create_time timestamptz NOT NULL,
  -- When the version was last raised. What was last noted about the child is this, its last decision
  -- or the last that was told of it: retention counts from there.
  note_time timestamptz NOT NULL,
  -- Counts what changes the answers about the child: its own changes, holds and consents. A
  -- decision is stored only while it is still what the decision was made by.
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.Child without what other columns and tables hold, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, authority, child)
);
-- What a caller's units work with.
CREATE INDEX child_by_unit ON child USING gin (unit_tags);

-- Every reference of a child, its own among them.
CREATE TABLE child_reference (
  municipality text NOT NULL,
  authority text NOT NULL,
  reference uuid NOT NULL,
  child uuid NOT NULL,
  PRIMARY KEY (municipality, authority, reference),
  FOREIGN KEY (municipality, authority, child) REFERENCES child
);
-- None begins with the municipality as the primary key does: before a new table's first ANALYZE
-- they would look as good for finding one row, and every foreign key's check would read all.
CREATE INDEX child_reference_by_child ON child_reference (child, authority, municipality);

-- Finds a child again by its identity numbers: present and earlier ones, and after an assumed
-- identity those from then on.
CREATE TABLE child_number (
  municipality text NOT NULL,
  authority text NOT NULL,
  -- Tag of the identity number.
  blind_index bytea NOT NULL,
  index_key text NOT NULL,
  child uuid NOT NULL,
  PRIMARY KEY (municipality, authority, blind_index),
  FOREIGN KEY (municipality, authority, child) REFERENCES child
);
CREATE INDEX child_number_by_child ON child_number (child, authority, municipality);
-- Statistics keep values of rows that are gone, and those of a tag tell nothing.
ALTER TABLE child_number ALTER COLUMN blind_index SET STATISTICS 0;

-- Reports on hold. The child need not be registered, so its reference is the one that was told.
CREATE TABLE hold (
  municipality text NOT NULL,
  authority text NOT NULL,
  report uuid NOT NULL,
  reference uuid NOT NULL,
  PRIMARY KEY (municipality, authority, report)
);
CREATE INDEX hold_by_reference ON hold (reference, authority, municipality);

ALTER TABLE child ENABLE ROW LEVEL SECURITY;
ALTER TABLE child FORCE ROW LEVEL SECURITY;
ALTER TABLE child_reference ENABLE ROW LEVEL SECURITY;
ALTER TABLE child_reference FORCE ROW LEVEL SECURITY;
ALTER TABLE child_number ENABLE ROW LEVEL SECURITY;
ALTER TABLE child_number FORCE ROW LEVEL SECURITY;
ALTER TABLE hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE hold FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON child
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON child_reference
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON child_number
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON hold
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (unit_tags, assignee_tag, index_key, note_time, version, content) ON child
  TO samverkan_consent;
GRANT SELECT, INSERT ON child_reference TO samverkan_consent;
-- Deleted when an assumed identity takes the place of the numbers before it.
GRANT SELECT, INSERT, UPDATE (blind_index, index_key), DELETE ON child_number TO samverkan_consent;
GRANT SELECT, INSERT, UPDATE (reference), DELETE ON hold TO samverkan_consent;

-- Which board has a child that the caller cannot see: for the log of that board, where the
-- refusal is recorded, and for nothing else. Null where several have it: none is asked more than
-- another.
CREATE POLICY owner_lookup ON child_reference FOR SELECT TO samverkan_consent_owner USING (true);
CREATE FUNCTION authority_of_child(p_municipality text, p_reference uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$
  SELECT CASE WHEN count(*) = 1 THEN min(r.authority) END FROM child_reference r
    WHERE r.municipality = p_municipality AND r.reference = p_reference
$$;
GRANT EXECUTE ON FUNCTION authority_of_child TO samverkan_consent;

COMMIT;
