-- Deploy intake:reports to pg
-- requires: outbox

BEGIN;
SET LOCAL search_path = intake;

-- Finds a child's reference again by a keyed hash of the identity number.
CREATE TABLE child (
  municipality text NOT NULL,
  authority text NOT NULL,
  blind_index bytea NOT NULL,
  child uuid NOT NULL,
  PRIMARY KEY (municipality, authority, blind_index)
);

CREATE TABLE report (
  municipality text NOT NULL,
  report uuid NOT NULL,
  authority text NOT NULL,
  unit text NOT NULL,
  child uuid NOT NULL,
  -- One submission; siblings share it.
  submission_group uuid NOT NULL,
  -- samverkan.intake.v1.Report.State
  state smallint NOT NULL,
  on_hold boolean NOT NULL,
  acute boolean NOT NULL,
  assignee text NOT NULL DEFAULT '',
  -- Who sent it: what its sender may see follows from these.
  sender_municipality text NOT NULL,
  sender_authority text NOT NULL,
  sender_unit text NOT NULL,
  sender_subject text NOT NULL,
  sender_system text NOT NULL,
  receive_time timestamptz NOT NULL,
  first_receive_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  -- samverkan.intake.v1.Submission, serialized; never updated.
  submission bytea NOT NULL,
  -- samverkan.intake.v1.Report without the submission and without what other
  -- columns and tables hold, serialized.
  handling bytea NOT NULL,
  PRIMARY KEY (municipality, report)
);
-- None begins with the municipality as the primary key does: before a new table's first ANALYZE
-- they would look as good for finding one report, and every foreign key's check would read all.
CREATE INDEX report_by_unit ON report (authority, municipality, unit, receive_time, report);
CREATE INDEX report_by_child ON report (child, authority, municipality);
CREATE INDEX report_by_sender ON report (sender_municipality, sender_authority, sender_unit, receive_time, report);
CREATE INDEX report_by_group ON report (submission_group);

-- Legal clocks of reports and investigations.
CREATE TABLE deadline (
  municipality text NOT NULL,
  -- The report or the investigation.
  subject uuid NOT NULL,
  clock text NOT NULL,
  start_time timestamptz NOT NULL,
  authority text NOT NULL,
  -- Collection of the subject: 'reports' or 'investigations'.
  collection text NOT NULL CHECK (collection IN ('reports', 'investigations')),
  rule text NOT NULL,
  legal_basis text NOT NULL,
  unverified boolean NOT NULL,
  started_by text NOT NULL,
  -- Null where the law sets no limit.
  due_date date,
  latest_date date,
  -- samverkan.intake.v1.Deadline.State
  state smallint NOT NULL,
  end_time timestamptz,
  breach_time timestamptz,
  -- samverkan.intake.v1.Deadline with only `extensions`, serialized.
  extensions bytea NOT NULL DEFAULT '',
  PRIMARY KEY (municipality, subject, clock, start_time)
);
-- What the sweeper looks for.
CREATE INDEX deadline_unbreached ON deadline (latest_date) WHERE state = 1 AND breach_time IS NULL;

-- Feedback to the reporter, one a report.
CREATE TABLE feedback (
  municipality text NOT NULL,
  report uuid NOT NULL,
  -- samverkan.intake.v1.Feedback.State
  state smallint NOT NULL,
  ask_time timestamptz,
  -- samverkan.intake.v1.Feedback without what other columns and tables hold.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, report),
  FOREIGN KEY (municipality, report) REFERENCES report
);

-- The report meeting, one a report.
CREATE TABLE report_meeting (
  municipality text NOT NULL,
  report uuid NOT NULL,
  -- samverkan.intake.v1.ReportMeeting.State
  state smallint NOT NULL,
  -- samverkan.intake.v1.ReportMeeting, serialized.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, report),
  FOREIGN KEY (municipality, report) REFERENCES report
);

GRANT SELECT, INSERT ON child TO samverkan_intake;
-- The submission has no UPDATE: what was reported cannot be changed.
GRANT SELECT, INSERT, UPDATE (unit, state, on_hold, assignee, version, handling) ON report TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (due_date, latest_date, state, end_time, breach_time, extensions) ON deadline
  TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (state, ask_time, content) ON feedback TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (state, content) ON report_meeting TO samverkan_intake;

COMMIT;
