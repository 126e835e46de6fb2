-- Verify intake:emergency_accesses on pg

BEGIN;
SELECT municipality, emergency_access, authority, child, declarer_tag, index_key, declare_time, expire_time, state,
       version, data_key, content
  FROM intake.emergency_access WHERE false;
SELECT 1 / (relrowsecurity AND relforcerowsecurity)::integer FROM pg_class
  WHERE oid = 'intake.emergency_access'::regclass;
SELECT 1 / count(*) FROM pg_proc WHERE oid = 'intake.child_is_handled_by'::regproc
  AND has_function_privilege('samverkan_intake', oid, 'EXECUTE');
ROLLBACK;
