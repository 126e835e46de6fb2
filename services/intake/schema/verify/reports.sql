-- Verify intake:reports on pg

BEGIN;
SELECT municipality, authority, blind_index, index_key, child FROM intake.child WHERE false;
SELECT municipality, report, authority, unit_tag, child, submission_group, state, on_hold, acute,
       identity_protected, assignee_tag, sender_municipality, sender_authority, sender_unit_tag, sender_tag, index_key,
       receive_time, first_receive_time, note_time, version, data_key, submission, handling
  FROM intake.report WHERE false;
SELECT municipality, subject, clock, start_time, authority, collection, rule, legal_basis, unverified, started_by,
       due_date, latest_date, state, end_time, breach_time, extensions
  FROM intake.deadline WHERE false;
SELECT municipality, report, authority, state, ask_time, content FROM intake.feedback WHERE false;
SELECT municipality, report, authority, state, content FROM intake.report_meeting WHERE false;
SELECT 1 / (bool_and(relrowsecurity AND relforcerowsecurity))::integer FROM pg_class
  WHERE relnamespace = 'intake'::regnamespace AND relkind = 'r' AND relname NOT IN ('schema_version', 'relay');
ROLLBACK;
