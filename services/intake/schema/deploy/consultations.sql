-- Deploy intake:consultations to pg
-- requires: outbox

BEGIN;
SET LOCAL search_path = intake;

CREATE TABLE consultation (
  municipality text NOT NULL,
  consultation uuid NOT NULL,
  authority text NOT NULL,
  -- Who asked.
  asker_municipality text NOT NULL,
  asker_authority text NOT NULL,
  asker_unit text NOT NULL,
  asker_subject text NOT NULL,
  asker_system text NOT NULL,
  create_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- samverkan.intake.v1.Consultation without what other columns hold, serialized.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, consultation)
);
CREATE INDEX consultation_by_authority ON consultation (authority, municipality, create_time, consultation);
CREATE INDEX consultation_by_asker
  ON consultation (asker_municipality, asker_authority, asker_unit, create_time, consultation);

GRANT SELECT, INSERT, UPDATE (version, content) ON consultation TO samverkan_intake;

COMMIT;
