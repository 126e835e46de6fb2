-- Revert intake:placements from pg

BEGIN;
DROP FUNCTION intake.authority_of_placement, intake.authority_of_transfer, intake.authority_of_follow_up;
DELETE FROM intake.deadline WHERE collection NOT IN ('reports', 'investigations');
DROP TABLE intake.placement, intake.transfer, intake.follow_up;
DROP FUNCTION intake.erase_what_hangs_on_row;
ALTER TABLE intake.deadline DROP CONSTRAINT deadline_collection_check;
ALTER TABLE intake.deadline ADD CONSTRAINT deadline_collection_check
  CHECK (collection IN ('reports', 'investigations'));
COMMIT;
