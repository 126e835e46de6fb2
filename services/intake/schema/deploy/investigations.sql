-- Deploy intake:investigations to pg
-- requires: reports

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

CREATE TABLE investigation (
  municipality text NOT NULL,
  investigation uuid NOT NULL,
  authority text NOT NULL,
  unit_tag bytea NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.Investigation.State
  state smallint NOT NULL,
  open_time timestamptz NOT NULL,
  -- As in `report`.
  note_time timestamptz NOT NULL,
  -- Null where it is assigned to nobody.
  assignee_tag bytea,
  index_key text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.Investigation without what other columns and tables hold,
  -- serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, investigation)
);
CREATE INDEX investigation_by_unit ON investigation (authority, municipality, unit_tag, open_time, investigation);
-- At most one investigation of a child runs at an authority at a time.
CREATE UNIQUE INDEX investigation_running ON investigation (child, authority, municipality) WHERE state = 1;
CREATE INDEX investigation_by_child ON investigation (child, authority, municipality);

-- The reports that an investigation rests on.
CREATE TABLE investigation_report (
  municipality text NOT NULL,
  investigation uuid NOT NULL,
  report uuid NOT NULL,
  authority text NOT NULL,
  -- In the order that they were added: the one that opened it comes first.
  addition bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (municipality, investigation, report),
  FOREIGN KEY (municipality, investigation) REFERENCES investigation,
  FOREIGN KEY (municipality, report) REFERENCES report
);

ALTER TABLE investigation ENABLE ROW LEVEL SECURITY;
ALTER TABLE investigation FORCE ROW LEVEL SECURITY;
ALTER TABLE investigation_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE investigation_report FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON investigation
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON investigation_report
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (unit_tag, state, assignee_tag, note_time, version, content) ON investigation TO samverkan_intake;
GRANT SELECT, INSERT ON investigation_report TO samverkan_intake;

-- As authority_of_report.
CREATE POLICY owner_lookup ON investigation FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_investigation(p_municipality text, p_investigation uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT v.authority FROM investigation v WHERE v.municipality = p_municipality AND v.investigation = p_investigation
$$;
GRANT EXECUTE ON FUNCTION authority_of_investigation TO samverkan_intake;

COMMIT;
