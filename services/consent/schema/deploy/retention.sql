-- Deploy consent:retention to pg
-- requires: consents
-- requires: decisions

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- What is proposed to be erased, approved and gone: a child with all that is known of it. Stays when
-- the child is gone: then it holds references that lead nowhere.
CREATE TABLE erasure (
  municipality text NOT NULL,
  erasure uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  -- samverkan.consent.v1.Erasure.State
  state smallint NOT NULL,
  propose_time timestamptz NOT NULL,
  -- Of all its grounds, each once.
  legal_basis text NOT NULL,
  -- Keys that all of it is sealed with, from the approval on.
  keys uuid[] NOT NULL DEFAULT '{}',
  -- What the log is to forget, from the deletion until it has: the references of the child, and the
  -- names of what was about it.
  child_references uuid[] NOT NULL DEFAULT '{}',
  resources text[] NOT NULL DEFAULT '{}',
  -- Place in the order of what was destroyed, from then on (libs/sealing/key_ring.h).
  destruction bigint,
  -- When the rows were deleted, on the server's own clock: how long others may still remember
  -- the keys.
  delete_time timestamptz,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.Erasure, serialized and sealed with a key of its own.
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
  -- As those of an erasure.
  child_references uuid[] NOT NULL,
  resources text[] NOT NULL,
  legal_basis text NOT NULL,
  -- As delete_time of an erasure.
  delete_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (municipality, erasure)
);

-- Two may be in force for one child: of children that turned out to be one each may have had its own.
CREATE TABLE legal_hold (
  municipality text NOT NULL,
  legal_hold uuid NOT NULL,
  authority text NOT NULL,
  child uuid NOT NULL,
  place_time timestamptz NOT NULL,
  in_force boolean NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.consent.v1.LegalHold, serialized and sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, legal_hold)
);
CREATE INDEX legal_hold_by_authority ON legal_hold (authority, municipality, place_time, legal_hold);
CREATE INDEX legal_hold_by_child ON legal_hold (child, authority, municipality);

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
GRANT SELECT, INSERT, UPDATE (state, keys, child_references, resources, destruction, delete_time, version, content)
  ON erasure TO samverkan_consent, samverkan_consent_jobs;
GRANT SELECT, INSERT, UPDATE (child_references, resources, delete_time), DELETE ON erased_again
  TO samverkan_consent_jobs;
GRANT SELECT, INSERT, UPDATE (in_force, version, content) ON legal_hold TO samverkan_consent;
GRANT SELECT, UPDATE (destruction) ON erased_until TO samverkan_consent_jobs;
-- Whose time has come: by the day of birth, and by when something was noted.
GRANT SELECT (municipality, authority, child, note_time, data_key, content) ON child TO samverkan_consent_jobs;
GRANT SELECT (municipality, authority, child, decide_time) ON decision TO samverkan_consent_jobs;
GRANT SELECT (municipality, authority, child, disclose_time) ON disclosure TO samverkan_consent_jobs;
GRANT SELECT ON child_reference, hold TO samverkan_consent_jobs;
GRANT SELECT (municipality, authority, child, in_force) ON legal_hold TO samverkan_consent_jobs;

CREATE POLICY lookup ON erasure FOR SELECT TO samverkan_consent_owner USING (true);
CREATE POLICY lookup ON erased_again FOR SELECT TO samverkan_consent_owner USING (true);

-- The boards that know children, or are about to have erased the last one, here or in the log.
CREATE FUNCTION boards() RETURNS TABLE (municipality text, authority text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$
  -- From board to board along the primary key: there are few, and many children.
  WITH RECURSIVE known AS (
    (SELECT r.municipality, r.authority FROM child_reference r ORDER BY 1, 2 LIMIT 1)
    UNION ALL
    SELECT n.municipality, n.authority
      FROM known k
      CROSS JOIN LATERAL (
        SELECT r.municipality, r.authority FROM child_reference r
          WHERE (r.municipality, r.authority) > (k.municipality, k.authority)
          ORDER BY 1, 2 LIMIT 1) AS n)
  SELECT k.municipality, k.authority FROM known k
  UNION
  SELECT e.municipality, e.authority FROM erasure e WHERE e.state IN (1, 2)
  UNION
  SELECT a.municipality, a.authority FROM erased_again a
  ORDER BY 1, 2
$$;
GRANT EXECUTE ON FUNCTION boards TO samverkan_consent_jobs;

-- What was carried out after a place in the order of what was destroyed: to destroy it again
-- where the keys came back from an older backup.
CREATE FUNCTION erasures_after(p_destruction bigint)
RETURNS TABLE (municipality text, authority text, erasure uuid, child uuid, legal_basis text, keys uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$
  SELECT e.municipality, e.authority, e.erasure, e.child, e.legal_basis, e.keys
    FROM erasure e WHERE e.destruction > p_destruction ORDER BY e.destruction
$$;
GRANT EXECUTE ON FUNCTION erasures_after TO samverkan_consent_jobs;

-- Deletes a child with all that is known of it, and returns what the log is to forget: its references
-- and the names of what was about it. Doing it again changes nothing.
--
-- Reports on hold stay: of a child that has one nothing is erased, and one that came since the approval
-- is told of anew.
CREATE FUNCTION erase_child(p_municipality text, p_authority text, p_child uuid)
RETURNS TABLE (child_references uuid[], resources text[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$
DECLARE
  prefix CONSTANT text := 'municipalities/' || p_municipality || '/';
  names_of_child text[];
BEGIN
  PERFORM set_config('samverkan.municipality', p_municipality, true),
          set_config('samverkan.authority', p_authority, true);
  -- Whoever decides or notes something about the child just now comes first; whoever comes later finds
  -- nothing to lock. A statement of its own: those after it see what it waited for.
  PERFORM FROM child c
    WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.child = p_child
    FOR UPDATE;
  child_references := ARRAY(
    SELECT p_child
    UNION
    SELECT r.reference FROM child_reference r
      WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.child = p_child);
  resources := ARRAY(
    SELECT prefix || 'consents/' || s.consent FROM consent s
      WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.child = p_child
    UNION ALL
    SELECT prefix || 'decisions/' || d.decision FROM decision d
      WHERE d.municipality = p_municipality AND d.authority = p_authority AND d.child = p_child
    UNION ALL
    SELECT prefix || 'disclosures/' || d.disclosure FROM disclosure d
      WHERE d.municipality = p_municipality AND d.authority = p_authority AND d.child = p_child
    UNION ALL
    SELECT prefix || 'legalHolds/' || h.legal_hold FROM legal_hold h
      WHERE h.municipality = p_municipality AND h.authority = p_authority AND h.child = p_child);
  names_of_child := ARRAY(SELECT prefix || 'children/' || r FROM unnest(child_references) AS r);
  -- Whoever has the key of fingerprints and tries numbers would find the one of a registration.
  DELETE FROM request q
    WHERE q.owner_municipality = p_municipality AND q.owner_authority = p_authority
      AND q.resources && (erase_child.resources || names_of_child);
  DELETE FROM disclosure d
    WHERE d.municipality = p_municipality AND d.authority = p_authority AND d.child = p_child;
  DELETE FROM decision d
    WHERE d.municipality = p_municipality AND d.authority = p_authority AND d.child = p_child;
  DELETE FROM consent s
    WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.child = p_child;
  -- One in force came back with an older backup: none is placed once an erasure is approved.
  DELETE FROM legal_hold h
    WHERE h.municipality = p_municipality AND h.authority = p_authority AND h.child = p_child;
  DELETE FROM child_number n
    WHERE n.municipality = p_municipality AND n.authority = p_authority AND n.child = p_child;
  DELETE FROM child_reference r
    WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.child = p_child;
  DELETE FROM child c
    WHERE c.municipality = p_municipality AND c.authority = p_authority AND c.child = p_child;
  RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION erase_child TO samverkan_consent_jobs;

COMMIT;
