-- Which request ids were used, by whom, for what: a repeated request finds what
-- the first one made (AIP-155). Kept for 30 days. Included by a change of each
-- service's schema with search_path set to that schema, after libs/pg/schema/scope.sql.
CREATE TABLE request (
  -- The caller's own municipality.
  municipality text NOT NULL,
  -- Keyed hash of who called.
  caller bytea NOT NULL,
  method text NOT NULL,
  request uuid NOT NULL,
  -- Whose data the request was about.
  owner_municipality text NOT NULL,
  owner_authority text NOT NULL,
  -- Keyed hash of the content, so that other content under the id is noticed.
  fingerprint bytea NOT NULL,
  -- Names of the resources that the request made or changed.
  resources text[] NOT NULL,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (municipality, caller, method, request)
);
CREATE INDEX request_by_time ON request (create_time);
-- Statistics keep values of rows that are gone.
ALTER TABLE request ALTER COLUMN fingerprint SET STATISTICS 0;

ALTER TABLE request ENABLE ROW LEVEL SECURITY;
ALTER TABLE request FORCE ROW LEVEL SECURITY;
-- An id that was used for another board's data is taken and cannot be seen: its content was
-- another.
CREATE POLICY own ON request
  USING (owner_municipality = (SELECT scope_municipality()) AND owner_authority = (SELECT scope_authority()));
