-- Revert intake:reports from pg

BEGIN;
DROP FUNCTION intake.authority_of_report;
DROP TABLE intake.report_meeting, intake.feedback, intake.deadline, intake.report, intake.child;
COMMIT;
