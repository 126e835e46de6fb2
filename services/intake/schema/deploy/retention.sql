-- Deploy intake:retention to pg
-- requires: emergency_accesses

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- What is proposed to be erased, approved and gone. Stays when the file is gone: then it holds
-- references that lead nowhere.
CREATE TABLE erasure (
  municipality text NOT NULL,
  erasure uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.Erasure.State
  state smallint NOT NULL,
  propose_time timestamptz NOT NULL,
  reports uuid[] NOT NULL,
  investigations uuid[] NOT NULL,
  whole_child boolean NOT NULL,
  -- Of all its grounds, each once.
  legal_basis text NOT NULL,
  -- Keys that the file is sealed with, from the approval on.
  keys uuid[] NOT NULL DEFAULT '{}',
  -- Place in the order of what was destroyed, from then on (libs/sealing/key_ring.h).
  destruction bigint,
  -- When the rows were deleted, on the server's own clock: how long others may still remember
  -- the keys.
  delete_time timestamptz,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.Erasure, serialized and sealed with a key of its own.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, erasure)
);
CREATE INDEX erasure_by_authority ON erasure (authority, municipality, propose_time, erasure);
-- One at a time, so that nobody approves one while another is carried out.
CREATE UNIQUE INDEX erasure_open ON erasure (child, authority, municipality) WHERE state IN (1, 2);

-- What was erased again after an older backup was restored, until the log has forgotten it too:
-- entries that waited in the backup tell of it once more.
CREATE TABLE erased_again (
  municipality text NOT NULL,
  erasure uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  whole_child boolean NOT NULL,
  -- Names of reports and investigations.
  resources text[] NOT NULL,
  legal_basis text NOT NULL,
  -- As delete_time of an erasure.
  delete_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (municipality, erasure)
);

CREATE TABLE legal_hold (
  municipality text NOT NULL,
  legal_hold uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  place_time timestamptz NOT NULL,
  in_force boolean NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.LegalHold, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, legal_hold)
);
CREATE INDEX legal_hold_by_authority ON legal_hold (authority, municipality, place_time, legal_hold);
CREATE UNIQUE INDEX legal_hold_in_force ON legal_hold (child, authority, municipality) WHERE in_force;

-- One row: how far in the order of what was destroyed this database has followed. Behind
-- after an older backup was restored.
CREATE TABLE erased_until (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  destruction bigint NOT NULL DEFAULT 0
);
INSERT INTO erased_until DEFAULT VALUES;

ALTER TABLE erasure ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasure FORCE ROW LEVEL SECURITY;
ALTER TABLE erased_again ENABLE ROW LEVEL SECURITY;
ALTER TABLE erased_again FORCE ROW LEVEL SECURITY;
ALTER TABLE legal_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON erasure
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON erased_again
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON legal_hold
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- The sweeper proposes and carries out within one board after the other.
GRANT SELECT, INSERT, UPDATE (state, keys, destruction, delete_time, version, content) ON erasure
  TO samverkan_intake, samverkan_intake_jobs;
GRANT SELECT, INSERT, UPDATE (delete_time), DELETE ON erased_again TO samverkan_intake_jobs;
GRANT SELECT, INSERT, UPDATE (in_force, version, content) ON legal_hold TO samverkan_intake;
GRANT SELECT ON legal_hold, report, investigation, investigation_report TO samverkan_intake_jobs;
GRANT SELECT, UPDATE (destruction) ON erased_until TO samverkan_intake_jobs;

CREATE POLICY lookup ON erasure FOR SELECT TO samverkan_intake_owner USING (true);
CREATE POLICY lookup ON erased_again FOR SELECT TO samverkan_intake_owner USING (true);

-- The boards that keep files, or are about to have erased the last one, here or in the log.
CREATE FUNCTION boards() RETURNS TABLE (municipality text, authority text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT r.municipality, r.authority FROM report r
  UNION
  SELECT e.municipality, e.authority FROM erasure e WHERE e.state IN (1, 2)
  UNION
  SELECT a.municipality, a.authority FROM erased_again a
  ORDER BY 1, 2
$$;
GRANT EXECUTE ON FUNCTION boards TO samverkan_intake_jobs;

-- What was carried out after a place in the order of what was destroyed: to destroy it again
-- where the keys came back from an older backup.
CREATE FUNCTION erasures_after(p_destruction bigint)
RETURNS TABLE (municipality text, authority text, erasure uuid, child uuid, whole_child boolean, reports uuid[],
               investigations uuid[], legal_basis text, keys uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT e.municipality, e.authority, e.erasure, e.child, e.whole_child, e.reports, e.investigations,
         e.legal_basis, e.keys
    FROM erasure e WHERE e.destruction > p_destruction ORDER BY e.destruction
$$;
GRANT EXECUTE ON FUNCTION erasures_after TO samverkan_intake_jobs;

-- Deletes reports and investigations of one child with all that hangs on them, and the
-- child's tag where nothing is left. Doing it again changes nothing.
CREATE FUNCTION erase_file(p_municipality text, p_authority text, p_child uuid, p_whole_child boolean, p_reports uuid[],
                           p_investigations uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
DECLARE
  names CONSTANT text[] := ARRAY(
    SELECT 'municipalities/' || p_municipality || '/reports/' || r FROM unnest(p_reports) AS r
    UNION ALL
    SELECT 'municipalities/' || p_municipality || '/investigations/' || v FROM unnest(p_investigations) AS v);
BEGIN
  PERFORM set_config('samverkan.municipality', p_municipality, true),
          set_config('samverkan.authority', p_authority, true);
  DELETE FROM request q WHERE q.resources && names;
  DELETE FROM feedback f WHERE f.municipality = p_municipality AND f.report = ANY (p_reports);
  DELETE FROM report_meeting m WHERE m.municipality = p_municipality AND m.report = ANY (p_reports);
  DELETE FROM deadline d
    WHERE d.municipality = p_municipality AND d.subject = ANY (p_reports || p_investigations);
  DELETE FROM investigation_report i
    WHERE i.municipality = p_municipality
      AND (i.report = ANY (p_reports) OR i.investigation = ANY (p_investigations));
  DELETE FROM investigation v
    WHERE v.municipality = p_municipality AND v.authority = p_authority AND v.investigation = ANY (p_investigations);
  DELETE FROM report r
    WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.report = ANY (p_reports);
  IF p_whole_child THEN
    -- Whoever is reporting about the child just now comes first.
    PERFORM FROM child c
      WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.child = p_child
      FOR UPDATE;
    IF EXISTS (SELECT FROM report r
                 WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.child = p_child) THEN
      RETURN;
    END IF;
    -- Whoever has the key of fingerprints and tries numbers would find the one that a
    -- declaration gave.
    DELETE FROM request q WHERE q.resources && ARRAY(
      SELECT 'municipalities/' || e.municipality || '/emergencyAccesses/' || e.emergency_access
        FROM emergency_access e
        WHERE e.municipality = p_municipality AND e.authority = p_authority AND e.child = p_child);
    DELETE FROM legal_hold h
      WHERE h.municipality = p_municipality AND h.authority = p_authority AND h.child = p_child AND NOT h.in_force;
    DELETE FROM emergency_access e
      WHERE e.municipality = p_municipality AND e.authority = p_authority AND e.child = p_child;
    DELETE FROM child c
      WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.child = p_child;
  END IF;
END
$$;
GRANT EXECUTE ON FUNCTION erase_file TO samverkan_intake_jobs;

COMMIT;
