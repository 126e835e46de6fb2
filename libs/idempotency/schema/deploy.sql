-- Which request ids were used, by whom, for what: a repeated request finds what
-- the first one made (AIP-155). Kept for 30 days. Included by a change of each
-- service's schema with search_path set to that schema.
CREATE TABLE request (
  -- The caller's own municipality.
  municipality text NOT NULL,
  caller text NOT NULL,
  method text NOT NULL,
  request uuid NOT NULL,
  -- Keyed hash of the content, so that other content under the id is noticed.
  fingerprint bytea NOT NULL,
  -- Names of the resources that the request made or changed.
  resources text[] NOT NULL,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (municipality, caller, method, request)
);
CREATE INDEX request_by_time ON request (create_time);
