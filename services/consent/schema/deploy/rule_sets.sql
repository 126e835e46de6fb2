-- Deploy consent:rule_sets to pg
-- requires: appschema

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- Rule sets are never deleted, for decisions name them.
CREATE TABLE rule_set (
  municipality text NOT NULL,
  -- samverkan.consent.v1.RuleSetRecord.version
  version text NOT NULL,
  -- samverkan.consent.v1.RuleSetRecord.State
  state smallint NOT NULL,
  -- samverkan.rules.v1.RuleSet, serialized; never updated. No personal data.
  content bytea NOT NULL,
  propose_time timestamptz NOT NULL,
  -- When it was last activated.
  activate_time timestamptz,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.RuleSetRecord with only `proposer` and `approver`, serialized and sealed.
  people bytea NOT NULL,
  PRIMARY KEY (municipality, version)
);
-- One decides.
CREATE UNIQUE INDEX rule_set_active ON rule_set (municipality) WHERE state = 2;

ALTER TABLE rule_set ENABLE ROW LEVEL SECURITY;
ALTER TABLE rule_set FORCE ROW LEVEL SECURITY;
-- Of the whole municipality: its authorities decide by the same.
CREATE POLICY own ON rule_set USING (municipality = (SELECT scope_municipality()));
GRANT SELECT, INSERT, UPDATE (state, activate_time, people) ON rule_set TO samverkan_consent;

COMMIT;
