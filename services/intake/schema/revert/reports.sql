-- Revert intake:reports from pg

BEGIN;
DROP TABLE intake.report_meeting, intake.feedback, intake.deadline, intake.report, intake.child;
COMMIT;
