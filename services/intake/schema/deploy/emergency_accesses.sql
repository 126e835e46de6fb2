-- Deploy intake:emergency_accesses to pg
-- requires: investigations

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- Declared emergencies: each opens the reading of a child's reports and investigations to one
-- caller for a time.
CREATE TABLE emergency_access (
  municipality text NOT NULL,
  emergency_access uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- Tag of the person or account and its system.
  declarer_tag bytea NOT NULL,
  index_key text NOT NULL,
  declare_time timestamptz NOT NULL,
  expire_time timestamptz NOT NULL,
  -- samverkan.intake.v1.EmergencyAccess.State
  state smallint NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.EmergencyAccess without what other columns and tables hold,
  -- serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, emergency_access)
);
-- What every reading of a report asks for.
CREATE INDEX emergency_access_by_child ON emergency_access (child, authority, municipality, expire_time);
CREATE INDEX emergency_access_by_state
  ON emergency_access (authority, municipality, state, declare_time, emergency_access);

ALTER TABLE emergency_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE emergency_access FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON emergency_access
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (state, version, content) ON emergency_access TO samverkan_intake;

-- Whether one of these units has a report or an investigation of the child, a closed one too:
-- then its managers review who has read in an emergency.
CREATE FUNCTION child_is_handled_by(p_municipality text, p_authority text, p_child uuid, p_unit_tags bytea[])
RETURNS boolean
LANGUAGE sql STABLE
AS $$
  SELECT EXISTS (SELECT FROM report r
                   WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.child = p_child
                     AND r.unit_tag = ANY (p_unit_tags))
    OR EXISTS (SELECT FROM investigation v
                 WHERE v.municipality = p_municipality AND v.authority = p_authority AND v.child = p_child
                   AND v.unit_tag = ANY (p_unit_tags))
$$;
GRANT EXECUTE ON FUNCTION child_is_handled_by TO samverkan_intake;

-- As authority_of_report.
CREATE POLICY owner_lookup ON emergency_access FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_emergency_access(p_municipality text, p_emergency_access uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT e.authority FROM emergency_access e
    WHERE e.municipality = p_municipality AND e.emergency_access = p_emergency_access
$$;
GRANT EXECUTE ON FUNCTION authority_of_emergency_access TO samverkan_intake;

COMMIT;
