-- Verify intake:placements on pg

BEGIN;
SELECT municipality, placement, authority, investigation, child, state, create_time, version, data_key, content
  FROM intake.placement WHERE false;
SELECT municipality, transfer, authority, investigation, child, state, create_time, receiver_municipality,
       receiver_authority, version, data_key, content
  FROM intake.transfer WHERE false;
SELECT municipality, follow_up, authority, investigation, child, state, create_time, version, data_key, content
  FROM intake.follow_up WHERE false;
SELECT 1 / (count(*) = 3)::integer FROM pg_class
  WHERE oid IN ('intake.placement'::regclass, 'intake.transfer'::regclass, 'intake.follow_up'::regclass)
    AND relrowsecurity AND relforcerowsecurity;
SELECT 1 / (count(*) = 3)::integer FROM pg_proc
  WHERE oid IN ('intake.authority_of_placement'::regproc, 'intake.authority_of_transfer'::regproc,
                'intake.authority_of_follow_up'::regproc)
    AND has_function_privilege('samverkan_intake', oid, 'EXECUTE');
SELECT 1 / (pg_get_constraintdef(oid) LIKE '%followUps%')::integer FROM pg_constraint
  WHERE conrelid = 'intake.deadline'::regclass AND conname = 'deadline_collection_check';
ROLLBACK;
