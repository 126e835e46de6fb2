-- Revert intake:retention from pg

BEGIN;
DROP FUNCTION intake.boards, intake.erasures_after, intake.erase_file;
DROP TABLE intake.erasure, intake.erased_again, intake.legal_hold, intake.erased_until;
COMMIT;
