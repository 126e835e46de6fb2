-- Deploy intake:investigation_steps to pg
-- requires: retention

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- What is done in a report or an investigation. Erased with it: by its key, and by the foreign
-- keys' cascade.
CREATE TABLE investigation_step (
  municipality text NOT NULL,
  investigation_step uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- What it is a step of: one of these.
  report uuid,
  investigation uuid,
  -- Number of the field in the oneof samverkan.intake.v1.InvestigationStep.kind
  kind smallint NOT NULL,
  -- samverkan.intake.v1.InvestigationStep.State
  state smallint NOT NULL,
  -- samverkan.intake.v1.NoticeToConcerned.Concerned; null of other kinds.
  concerned smallint,
  -- The unit that was asked for information; null of other kinds. The tag is as in `report`.
  asked_municipality text,
  asked_authority text,
  asked_unit_tag bytea,
  index_key text NOT NULL,
  create_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- That of the report or investigation.
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.InvestigationStep without what other columns hold, serialized and
  -- sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, investigation_step),
  FOREIGN KEY (municipality, report) REFERENCES report ON DELETE CASCADE,
  FOREIGN KEY (municipality, investigation) REFERENCES investigation ON DELETE CASCADE,
  CONSTRAINT investigation_step_has_one_parent CHECK (num_nonnulls(report, investigation) = 1)
);
CREATE INDEX investigation_step_by_report
  ON investigation_step (report, municipality, create_time, investigation_step) WHERE report IS NOT NULL;
CREATE INDEX investigation_step_by_investigation
  ON investigation_step (investigation, municipality, create_time, investigation_step)
  WHERE investigation IS NOT NULL;
CREATE INDEX investigation_step_by_child ON investigation_step (child, authority, municipality);
CREATE INDEX investigation_step_by_asked_unit
  ON investigation_step (asked_municipality, asked_authority, asked_unit_tag, create_time, investigation_step)
  WHERE asked_unit_tag IS NOT NULL;

ALTER TABLE investigation_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE investigation_step FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON investigation_step
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- The board of the unit that was asked sees the row; the service shows it the request alone.
CREATE POLICY asked ON investigation_step FOR SELECT
  USING (asked_municipality = (SELECT scope_municipality()) AND asked_authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (state, version, content) ON investigation_step TO samverkan_intake;

-- As authority_of_report.
CREATE POLICY owner_lookup ON investigation_step FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_investigation_step(p_municipality text, p_investigation_step uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT s.authority FROM investigation_step s
    WHERE s.municipality = p_municipality AND s.investigation_step = p_investigation_step
$$;
GRANT EXECUTE ON FUNCTION authority_of_investigation_step TO samverkan_intake;

-- Whether a child's identity is protected at a board, also to a board that was asked about the
-- child: its log must then not tell the units of who acts.
CREATE FUNCTION is_identity_protected(p_municipality text, p_authority text, p_child uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM report r WHERE r.municipality = p_municipality AND r.authority = p_authority
                   AND r.child = p_child AND r.identity_protected)
$$;
GRANT EXECUTE ON FUNCTION is_identity_protected TO samverkan_intake;

COMMIT;
