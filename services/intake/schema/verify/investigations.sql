-- Verify intake:investigations on pg

BEGIN;
SELECT municipality, investigation, authority, unit, child, state, open_time, assignee, version, content
  FROM intake.investigation WHERE false;
SELECT municipality, investigation, report FROM intake.investigation_report WHERE false;
ROLLBACK;
