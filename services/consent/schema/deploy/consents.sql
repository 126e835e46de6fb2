-- Deploy consent:consents to pg
-- requires: children

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- Sealed and tagged as `child`.
CREATE TABLE consent (
  municipality text NOT NULL,
  consent uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- samverkan.consent.v1.Consent.State as stored: EXPIRED follows from `to_date`.
  state smallint NOT NULL,
  -- Number of the field of samverkan.consent.v1.Giver.
  giver_kind smallint NOT NULL,
  -- Of the authority and of the unit that may be told; none for a person.
  recipient_tags bytea[] NOT NULL,
  index_key text NOT NULL,
  from_date date NOT NULL,
  to_date date NOT NULL,
  ask_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.Consent without what other columns hold, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, consent),
  FOREIGN KEY (municipality, authority, child) REFERENCES child
);
-- None begins with the municipality: see child_reference_by_child.
CREATE INDEX consent_by_child ON consent (child, authority, municipality, ask_time, consent);
CREATE INDEX consent_by_time ON consent (authority, municipality, ask_time, consent);

ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consent
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
GRANT SELECT, INSERT, UPDATE (state, from_date, to_date, version, content) ON consent TO samverkan_consent;

-- As authority_of_child.
CREATE POLICY owner_lookup ON consent FOR SELECT TO samverkan_consent_owner USING (true);
CREATE FUNCTION authority_of_consent(p_municipality text, p_consent uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$ SELECT c.authority FROM consent c WHERE c.municipality = p_municipality AND c.consent = p_consent $$;
GRANT EXECUTE ON FUNCTION authority_of_consent TO samverkan_consent;

COMMIT;
