-- Verify intake:submit_reports on pg

BEGIN;
SELECT 1 / count(*) FROM pg_proc WHERE oid = 'intake.submit_reports'::regproc
  AND has_function_privilege('samverkan_intake', oid, 'EXECUTE');
ROLLBACK;
