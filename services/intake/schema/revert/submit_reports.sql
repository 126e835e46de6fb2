-- Revert intake:submit_reports from pg

BEGIN;
DROP FUNCTION intake.submit_reports;
COMMIT;
