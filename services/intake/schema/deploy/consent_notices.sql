-- Deploy intake:consent_notices to pg
-- requires: submit_reports

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- What the consent service is still to be told: that a report came on hold, or was released.
-- Written where the report is, erased with it by the foreign key's cascade.
CREATE TABLE consent_notice (
  municipality text NOT NULL,
  report uuid NOT NULL,
  -- The order in which they are told. Those of a report are in the order of its changes, for
  -- these wait for each other.
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  authority text NOT NULL,
  child uuid NOT NULL,
  on_hold boolean NOT NULL,
  create_time timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (municipality, report, sequence),
  FOREIGN KEY (municipality, report) REFERENCES report ON DELETE CASCADE
);
CREATE UNIQUE INDEX consent_notice_by_sequence ON consent_notice (sequence);

-- Whatever changes a report's hold, submit_reports too, tells of it in the same transaction.
CREATE FUNCTION note_hold_for_consent() RETURNS trigger
LANGUAGE plpgsql
SET search_path = intake
AS $$
BEGIN
  INSERT INTO consent_notice (municipality, report, authority, child, on_hold)
    VALUES (NEW.municipality, NEW.report, NEW.authority, NEW.child, NEW.on_hold);
  RETURN NULL;
END
$$;
CREATE TRIGGER note_hold_placed AFTER INSERT ON report
  FOR EACH ROW WHEN (NEW.on_hold) EXECUTE FUNCTION note_hold_for_consent();
CREATE TRIGGER note_hold_changed AFTER UPDATE OF on_hold ON report
  FOR EACH ROW WHEN (OLD.on_hold <> NEW.on_hold) EXECUTE FUNCTION note_hold_for_consent();

-- The holds that stand already. Nobody changes one meanwhile: the triggers' lock waits for all.
INSERT INTO consent_notice (municipality, report, authority, child, on_hold)
  SELECT r.municipality, r.report, r.authority, r.child, true FROM report r WHERE r.on_hold ORDER BY r.receive_time;

ALTER TABLE consent_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE consent_notice FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON consent_notice
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
-- The sweeper tells what all boards have written.
CREATE POLICY relay ON consent_notice TO samverkan_intake_jobs USING (true) WITH CHECK (false);
GRANT INSERT ON consent_notice TO samverkan_intake;
GRANT SELECT, DELETE ON consent_notice TO samverkan_intake_jobs;

COMMIT;
