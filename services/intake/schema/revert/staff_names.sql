-- Revert intake:staff_names from pg

BEGIN;
DROP TABLE intake.staff_name;
COMMIT;
