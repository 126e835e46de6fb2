-- Verify intake:reports on pg

BEGIN;
SELECT municipality, authority, blind_index, child FROM intake.child WHERE false;
SELECT municipality, report, authority, unit, child, submission_group, state, on_hold, acute, assignee,
       sender_municipality, sender_authority, sender_unit, sender_subject, sender_system,
       receive_time, first_receive_time, version, submission, handling
  FROM intake.report WHERE false;
SELECT municipality, subject, clock, start_time, authority, collection, rule, legal_basis, unverified, started_by,
       due_date, latest_date, state, end_time, breach_time, extensions
  FROM intake.deadline WHERE false;
SELECT municipality, report, state, ask_time, content FROM intake.feedback WHERE false;
SELECT municipality, report, state, content FROM intake.report_meeting WHERE false;
ROLLBACK;
