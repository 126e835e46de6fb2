-- Deploy intake:placements to pg
-- requires: retention

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- What comes during and after an investigation and has clocks of its own. All three hang on the
-- investigation: sealed with its key, and gone with it.

CREATE TABLE placement (
  municipality text NOT NULL,
  placement uuid NOT NULL,
  authority text NOT NULL,
  investigation uuid NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.Placement.State
  state smallint NOT NULL,
  create_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- That of the investigation.
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.Placement without what other columns and tables hold, serialized and
  -- sealed.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, placement),
  FOREIGN KEY (municipality, investigation) REFERENCES investigation ON DELETE CASCADE
);
CREATE INDEX placement_by_investigation ON placement (investigation, municipality, create_time, placement);
CREATE INDEX placement_by_child ON placement (child, authority, municipality);
-- A child is in one place at a time.
CREATE UNIQUE INDEX placement_running ON placement (child, authority, municipality) WHERE state = 1;

CREATE TABLE transfer (
  municipality text NOT NULL,
  transfer uuid NOT NULL,
  authority text NOT NULL,
  investigation uuid NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.Transfer.State
  state smallint NOT NULL,
  create_time timestamptz NOT NULL,
  -- The board that is asked.
  receiver_municipality text NOT NULL,
  receiver_authority text NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- As in `placement`.
  data_key uuid NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (municipality, transfer),
  FOREIGN KEY (municipality, investigation) REFERENCES investigation ON DELETE CASCADE
);
CREATE INDEX transfer_by_investigation ON transfer (investigation, municipality, create_time, transfer);
CREATE INDEX transfer_by_child ON transfer (child, authority, municipality);
CREATE INDEX transfer_by_receiver
  ON transfer (receiver_authority, receiver_municipality, create_time, transfer);
-- One that is asked for, or that the inspectorate has to decide.
CREATE UNIQUE INDEX transfer_running ON transfer (investigation, municipality) WHERE state IN (1, 4);

CREATE TABLE follow_up (
  municipality text NOT NULL,
  follow_up uuid NOT NULL,
  authority text NOT NULL,
  investigation uuid NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.FollowUp.State
  state smallint NOT NULL,
  create_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- As in `placement`.
  data_key uuid NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (municipality, follow_up),
  FOREIGN KEY (municipality, investigation) REFERENCES investigation ON DELETE CASCADE
);
CREATE INDEX follow_up_by_investigation ON follow_up (investigation, municipality, create_time, follow_up);
CREATE INDEX follow_up_by_child ON follow_up (child, authority, municipality);
CREATE UNIQUE INDEX follow_up_running ON follow_up (child, authority, municipality) WHERE state = 1;

ALTER TABLE placement ENABLE ROW LEVEL SECURITY;
ALTER TABLE placement FORCE ROW LEVEL SECURITY;
ALTER TABLE transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfer FORCE ROW LEVEL SECURITY;
ALTER TABLE follow_up ENABLE ROW LEVEL SECURITY;
ALTER TABLE follow_up FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON placement
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON transfer
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON follow_up
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- The board that is asked to take over finds the row; the service shows it the request alone.
CREATE POLICY received ON transfer FOR SELECT
  USING (receiver_municipality = (SELECT scope_municipality()) AND receiver_authority = (SELECT scope_authority()));

GRANT SELECT, INSERT, UPDATE (state, version, content) ON placement, transfer, follow_up TO samverkan_intake;
-- A placed child's file is never erased.
GRANT SELECT ON placement TO samverkan_intake_jobs;

ALTER TABLE deadline DROP CONSTRAINT deadline_collection_check;
ALTER TABLE deadline ADD CONSTRAINT deadline_collection_check
  CHECK (collection IN ('reports', 'investigations', 'placements', 'transfers', 'followUps'));

-- Clocks and request ids know what they belong to by id or name alone. The first argument is
-- the collection, the second the column of the id.
CREATE FUNCTION erase_what_hangs_on_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
DECLARE
  id CONSTANT uuid := (to_jsonb(OLD) ->> TG_ARGV[1])::uuid;
BEGIN
  DELETE FROM deadline d WHERE d.municipality = OLD.municipality AND d.subject = id;
  DELETE FROM request q
    WHERE q.resources && ARRAY['municipalities/' || OLD.municipality || '/' || TG_ARGV[0] || '/' || id];
  RETURN NULL;
END
$$;
CREATE TRIGGER erased AFTER DELETE ON placement
  FOR EACH ROW EXECUTE FUNCTION erase_what_hangs_on_row('placements', 'placement');
CREATE TRIGGER erased AFTER DELETE ON transfer
  FOR EACH ROW EXECUTE FUNCTION erase_what_hangs_on_row('transfers', 'transfer');
CREATE TRIGGER erased AFTER DELETE ON follow_up
  FOR EACH ROW EXECUTE FUNCTION erase_what_hangs_on_row('followUps', 'follow_up');

-- As authority_of_report.
CREATE POLICY owner_lookup ON placement FOR SELECT TO samverkan_intake_owner USING (true);
CREATE POLICY owner_lookup ON transfer FOR SELECT TO samverkan_intake_owner USING (true);
CREATE POLICY owner_lookup ON follow_up FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_placement(p_municipality text, p_placement uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT p.authority FROM placement p WHERE p.municipality = p_municipality AND p.placement = p_placement
$$;
CREATE FUNCTION authority_of_transfer(p_municipality text, p_transfer uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT t.authority FROM transfer t WHERE t.municipality = p_municipality AND t.transfer = p_transfer
$$;
CREATE FUNCTION authority_of_follow_up(p_municipality text, p_follow_up uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$
  SELECT f.authority FROM follow_up f WHERE f.municipality = p_municipality AND f.follow_up = p_follow_up
$$;
GRANT EXECUTE ON FUNCTION authority_of_placement, authority_of_transfer, authority_of_follow_up TO samverkan_intake;

COMMIT;
