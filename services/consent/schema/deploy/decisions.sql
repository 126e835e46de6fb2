-- Deploy consent:decisions to pg
-- requires: children

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- Sealed and tagged as `child`.
CREATE TABLE decision (
  municipality text NOT NULL,
  decision uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  decide_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  -- The version of the child that it rests on.
  child_version bigint NOT NULL,
  -- samverkan.consent.v1.RuleSetRecord.version
  rule_set text NOT NULL,
  data_key uuid NOT NULL,
  -- What it was made from and what came of it, serialized and sealed; never updated.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, decision),
  FOREIGN KEY (municipality, authority, child) REFERENCES child
);
-- None begins with the municipality: see child_reference_by_child.
CREATE INDEX decision_by_child ON decision (child, authority, municipality, decide_time, decision);
-- What is sealed does not compress.
ALTER TABLE decision ALTER COLUMN content SET STORAGE EXTERNAL;

-- What was told through a decision.
CREATE TABLE disclosure (
  municipality text NOT NULL,
  disclosure uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  decision uuid NOT NULL,
  disclose_time timestamptz NOT NULL,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.DisclosureRecord without what other columns hold, serialized and sealed;
  -- never updated.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, disclosure),
  FOREIGN KEY (municipality, decision) REFERENCES decision,
  FOREIGN KEY (municipality, authority, child) REFERENCES child
);
CREATE INDEX disclosure_by_child ON disclosure (child, authority, municipality, disclose_time, disclosure);
CREATE INDEX disclosure_by_decision ON disclosure (decision, municipality);

ALTER TABLE decision ENABLE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;
ALTER TABLE disclosure ENABLE ROW LEVEL SECURITY;
ALTER TABLE disclosure FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON decision
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON disclosure
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- Neither has UPDATE: what was decided and told cannot be changed.
GRANT SELECT, INSERT ON decision, disclosure TO samverkan_consent;

-- As authority_of_child.
CREATE POLICY owner_lookup ON decision FOR SELECT TO samverkan_consent_owner USING (true);
CREATE FUNCTION authority_of_decision(p_municipality text, p_decision uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$ SELECT d.authority FROM decision d WHERE d.municipality = p_municipality AND d.decision = p_decision $$;
GRANT EXECUTE ON FUNCTION authority_of_decision TO samverkan_consent;

COMMIT;
