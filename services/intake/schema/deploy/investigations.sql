-- Deploy intake:investigations to pg
-- requires: reports

BEGIN;
SET LOCAL search_path = intake;

CREATE TABLE investigation (
  municipality text NOT NULL,
  investigation uuid NOT NULL,
  authority text NOT NULL,
  unit text NOT NULL,
  child uuid NOT NULL,
  -- samverkan.intake.v1.Investigation.State
  state smallint NOT NULL,
  open_time timestamptz NOT NULL,
  assignee text NOT NULL DEFAULT '',
  version bigint NOT NULL DEFAULT 1,
  -- samverkan.intake.v1.Investigation without what other columns and tables hold.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, investigation)
);
CREATE INDEX investigation_by_unit ON investigation (authority, municipality, unit, open_time, investigation);
-- At most one investigation of a child runs at an authority at a time.
CREATE UNIQUE INDEX investigation_running ON investigation (child, authority, municipality) WHERE state = 1;

-- The reports that an investigation rests on.
CREATE TABLE investigation_report (
  municipality text NOT NULL,
  investigation uuid NOT NULL,
  report uuid NOT NULL,
  -- In the order that they were added: the one that opened it comes first.
  addition bigint GENERATED ALWAYS AS IDENTITY,
  PRIMARY KEY (municipality, investigation, report),
  FOREIGN KEY (municipality, investigation) REFERENCES investigation,
  FOREIGN KEY (municipality, report) REFERENCES report
);

GRANT SELECT, INSERT, UPDATE (unit, state, assignee, version, content) ON investigation TO samverkan_intake;
GRANT SELECT, INSERT ON investigation_report TO samverkan_intake;

COMMIT;
