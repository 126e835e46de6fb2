-- Revert intake:submit_report from pg

BEGIN;
DROP FUNCTION intake.submit_report;
COMMIT;
