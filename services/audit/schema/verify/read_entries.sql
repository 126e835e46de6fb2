-- Verify audit:read_entries on pg

BEGIN;
SELECT 1 / (count(*) = 2)::int FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.oid IN ('audit.get_entry'::regproc, 'audit.search_entries'::regproc)
    AND p.prosecdef AND r.rolname = 'samverkan_audit_owner';
SELECT 1 / has_function_privilege('samverkan_audit', 'audit.get_entry'::regproc, 'EXECUTE')::int;
SELECT 1 / has_function_privilege('samverkan_audit', 'audit.search_entries'::regproc, 'EXECUTE')::int;
ROLLBACK;
