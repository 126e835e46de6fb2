-- The outbox of a service: events and audit entries, written in the transaction
-- of the change they tell of. Included by a change of each service's schema with
-- search_path set to that schema, after libs/pg/schema/scope.sql.

-- Events. A relay gives committed ones a dense position; a slow transaction's
-- event gets a later one and is never skipped.
CREATE TABLE event (
  municipality text NOT NULL,
  event uuid NOT NULL,
  authority text NOT NULL,
  event_time timestamptz NOT NULL,
  -- Order of writing, for the relay only: not the order of commit.
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  position bigint UNIQUE,
  -- samverkan.events.v1.Event, serialized. No personal data.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, event)
);
CREATE INDEX event_unpositioned ON event (sequence) WHERE position IS NULL;
CREATE INDEX event_by_municipality ON event (municipality, position) WHERE position IS NOT NULL;

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
-- A caller that belongs to no board follows those of the whole municipality.
CREATE POLICY followed ON event FOR SELECT
  USING (municipality = (SELECT scope_municipality())
    AND ((SELECT scope_authority()) IS NULL OR authority = (SELECT scope_authority())));
CREATE POLICY told ON event FOR INSERT
  WITH CHECK (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

-- Audit entries that wait for the audit service; deleted once it has them.
CREATE TABLE audit_entry (
  municipality text NOT NULL,
  entry uuid NOT NULL,
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  -- On the server's own clock: how long the entry has waited, for nothing legal.
  create_time timestamptz NOT NULL DEFAULT now(),
  -- References of children that only the transaction knew; they join those in
  -- `content` when the entry is delivered.
  children uuid[] NOT NULL DEFAULT '{}',
  -- The key that `content` is sealed with.
  data_key uuid NOT NULL,
  -- samverkan.audit.v1.Entry, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, entry)
);
CREATE INDEX audit_entry_by_sequence ON audit_entry (sequence);

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
-- Whoever acts may be recorded with whoever answers for the data: a refusal stands in the
-- log of the board that was asked. Nobody but the relay reads.
CREATE POLICY recorded ON audit_entry FOR INSERT WITH CHECK (true);

-- One row: where the relay stands. The epoch changes when positions start over,
-- so that a token of another epoch is known for what it is.
CREATE TABLE relay (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch uuid NOT NULL DEFAULT gen_random_uuid(),
  last_position bigint NOT NULL DEFAULT 0,
  -- The first that is still kept: each reader sees its own board's events only, and cannot
  -- tell by them.
  first_position bigint NOT NULL DEFAULT 1
);
INSERT INTO relay DEFAULT VALUES;
