-- Verify intake:submit_report on pg

BEGIN;
SELECT 1 / count(*) FROM pg_proc WHERE oid = 'intake.submit_report'::regproc
  AND has_function_privilege('samverkan_intake', oid, 'EXECUTE');
ROLLBACK;
