-- Verify audit:append_entries on pg

BEGIN;
SELECT 1 / count(*) FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.oid = 'audit.append_entries'::regproc AND p.prosecdef AND r.rolname = 'samverkan_audit_owner';
SELECT 1 / has_function_privilege('samverkan_audit', 'audit.append_entries'::regproc, 'EXECUTE')::int;
ROLLBACK;
