-- Verify intake:investigations on pg

BEGIN;
SELECT municipality, investigation, authority, unit_tag, child, state, open_time, note_time, assignee_tag, index_key, version,
       data_key, content
  FROM intake.investigation WHERE false;
SELECT municipality, investigation, report, authority FROM intake.investigation_report WHERE false;
ROLLBACK;
