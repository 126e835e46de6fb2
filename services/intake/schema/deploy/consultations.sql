-- Deploy intake:consultations to pg
-- requires: outbox

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

CREATE TABLE consultation (
  municipality text NOT NULL,
  consultation uuid NOT NULL,
  authority text NOT NULL,
  -- Who asked; tags as in `report`.
  asker_municipality text NOT NULL,
  asker_authority text NOT NULL,
  asker_unit_tag bytea,
  asker_tag bytea NOT NULL,
  index_key text NOT NULL,
  create_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.store.v1.AskedConsultation, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, consultation)
);
CREATE INDEX consultation_by_authority ON consultation (authority, municipality, create_time, consultation);
CREATE INDEX consultation_by_asker
  ON consultation (asker_municipality, asker_authority, asker_unit_tag, create_time, consultation);

ALTER TABLE consultation ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consultation
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- The asker's board sees what it asked.
CREATE POLICY asked ON consultation FOR SELECT
  USING (asker_municipality = (SELECT scope_municipality()) AND asker_authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (version, content) ON consultation TO samverkan_intake;

-- As authority_of_report.
CREATE POLICY owner_lookup ON consultation FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_consultation(p_municipality text, p_consultation uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT c.authority FROM consultation c WHERE c.municipality = p_municipality AND c.consultation = p_consultation
$$;
GRANT EXECUTE ON FUNCTION authority_of_consultation TO samverkan_intake;

COMMIT;
