-- Deploy intake:reports to pg
-- requires: outbox

BEGIN;
SET LOCAL ROLE samverkan_intake_owner;
SET LOCAL search_path = intake;

-- What says something of a person is sealed with the row's data key, or stands here as a tag:
-- a keyed hash that finds it again and says nothing without the key (libs/keys/blind_index.h).
-- `index_key` names the key, so that tags can be made anew under another.

-- Finds a child's reference again by the identity number.
CREATE TABLE child (
  municipality text NOT NULL,
  authority text NOT NULL,
  -- Tag of the identity number.
  blind_index bytea NOT NULL,
  index_key text NOT NULL,
  child uuid NOT NULL,
  PRIMARY KEY (municipality, authority, blind_index)
);
CREATE INDEX child_by_reference ON child (child, authority, municipality);
-- Statistics keep values of rows that are gone, and those of a tag tell nothing.
ALTER TABLE child ALTER COLUMN blind_index SET STATISTICS 0;

CREATE TABLE report (
  municipality text NOT NULL,
  report uuid NOT NULL,
  authority text NOT NULL,
  unit_tag bytea NOT NULL,
  child uuid NOT NULL,
  -- One submission; siblings share it.
  submission_group uuid NOT NULL,
  -- samverkan.intake.v1.Report.State
  state smallint NOT NULL,
  on_hold boolean NOT NULL,
  acute boolean NOT NULL,
  -- Whether the sender knew, or a mark says, that the child's identity is protected. It is where
  -- one of the child's reports at the authority says so: a report that comes while another is
  -- being marked may not have heard of it.
  identity_protected boolean NOT NULL,
  -- Null where it is assigned to nobody.
  assignee_tag bytea,
  -- Who sent it: what its sender may see follows from these.
  sender_municipality text NOT NULL,
  sender_authority text NOT NULL,
  -- Null where the sender has no unit.
  sender_unit_tag bytea,
  -- The person or account and its system.
  sender_tag bytea NOT NULL,
  index_key text NOT NULL,
  receive_time timestamptz NOT NULL,
  first_receive_time timestamptz NOT NULL,
  -- When something was last noted in it: retention counts from here.
  note_time timestamptz NOT NULL,
  version bigint NOT NULL DEFAULT 1,
  data_key uuid NOT NULL,
  -- samverkan.intake.v1.Submission, serialized and sealed; never updated.
  submission bytea NOT NULL,
  -- samverkan.intake.store.v1.Handling, serialized and sealed.
  handling bytea NOT NULL,
  PRIMARY KEY (municipality, report)
);
-- None begins with the municipality as the primary key does: before a new table's first ANALYZE
-- they would look as good for finding one report, and every foreign key's check would read all.
CREATE INDEX report_by_unit ON report (authority, municipality, unit_tag, receive_time, report);
CREATE INDEX report_by_child ON report (child, authority, municipality);
-- Whether a child's identity is protected: asked at each submission.
CREATE INDEX report_protected ON report (child, authority, municipality) WHERE identity_protected;
CREATE INDEX report_by_sender ON report (sender_municipality, sender_authority, sender_unit_tag, receive_time, report);
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
  -- samverkan.intake.v1.Deadline with only `extensions`, serialized and sealed with the
  -- subject's key; null where there are none.
  extensions bytea,
  PRIMARY KEY (municipality, subject, clock, start_time)
);
-- What the sweeper looks for.
CREATE INDEX deadline_unbreached ON deadline (latest_date) WHERE state = 1 AND breach_time IS NULL;

-- Feedback to the reporter, one a report.
CREATE TABLE feedback (
  municipality text NOT NULL,
  report uuid NOT NULL,
  authority text NOT NULL,
  -- samverkan.intake.v1.Feedback.State
  state smallint NOT NULL,
  ask_time timestamptz,
  -- samverkan.intake.v1.Feedback without what other columns and tables hold, serialized
  -- and sealed with the report's key.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, report),
  FOREIGN KEY (municipality, report) REFERENCES report
);

-- The report meeting, one a report.
CREATE TABLE report_meeting (
  municipality text NOT NULL,
  report uuid NOT NULL,
  authority text NOT NULL,
  -- samverkan.intake.v1.ReportMeeting.State
  state smallint NOT NULL,
  -- samverkan.intake.v1.ReportMeeting, serialized and sealed with the report's key.
  content bytea NOT NULL,
  PRIMARY KEY (municipality, report),
  FOREIGN KEY (municipality, report) REFERENCES report
);

ALTER TABLE child ENABLE ROW LEVEL SECURITY;
ALTER TABLE child FORCE ROW LEVEL SECURITY;
ALTER TABLE report ENABLE ROW LEVEL SECURITY;
ALTER TABLE report FORCE ROW LEVEL SECURITY;
ALTER TABLE deadline ENABLE ROW LEVEL SECURITY;
ALTER TABLE deadline FORCE ROW LEVEL SECURITY;
ALTER TABLE feedback ENABLE ROW LEVEL SECURITY;
ALTER TABLE feedback FORCE ROW LEVEL SECURITY;
ALTER TABLE report_meeting ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_meeting FORCE ROW LEVEL SECURITY;

CREATE POLICY own ON child
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON report
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON deadline
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON feedback
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));
CREATE POLICY own ON report_meeting
  USING (municipality = (SELECT scope_municipality()) AND authority = (SELECT scope_authority()));

-- Reporting crosses borders: the sender's board sees what it sent, and what hangs on it.
CREATE POLICY sent ON report FOR SELECT
  USING (sender_municipality = (SELECT scope_municipality()) AND sender_authority = (SELECT scope_authority()));
CREATE POLICY sent ON feedback FOR SELECT
  USING (EXISTS (SELECT FROM report r WHERE r.municipality = feedback.municipality AND r.report = feedback.report));
CREATE POLICY sent ON report_meeting FOR SELECT
  USING (EXISTS (SELECT FROM report r
                   WHERE r.municipality = report_meeting.municipality AND r.report = report_meeting.report));

CREATE POLICY sweeper ON deadline TO samverkan_intake_jobs USING (true);

GRANT SELECT, INSERT, UPDATE (blind_index, index_key) ON child TO samverkan_intake;
-- The submission has no UPDATE: what was reported cannot be changed.
GRANT SELECT, INSERT, UPDATE (unit_tag, state, on_hold, identity_protected, assignee_tag, note_time, version, handling) ON report
  TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (due_date, latest_date, state, end_time, breach_time, extensions) ON deadline
  TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (state, ask_time, content) ON feedback TO samverkan_intake;
GRANT SELECT, INSERT, UPDATE (state, content) ON report_meeting TO samverkan_intake;
GRANT SELECT, UPDATE (breach_time) ON deadline TO samverkan_intake_jobs;

-- Which board has a report that the caller cannot see: for the log of that board, where the
-- refusal is recorded, and for nothing else.
CREATE POLICY owner_lookup ON report FOR SELECT TO samverkan_intake_owner USING (true);
CREATE FUNCTION authority_of_report(p_municipality text, p_report uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = intake, pg_temp
AS $$ SELECT r.authority FROM report r WHERE r.municipality = p_municipality AND r.report = p_report $$;
GRANT EXECUTE ON FUNCTION authority_of_report TO samverkan_intake;

COMMIT;
