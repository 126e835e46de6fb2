-- Revert consent:retention from pg

BEGIN;
DROP FUNCTION consent.boards, consent.erasures_after, consent.erase_child;
DROP TABLE consent.erasure, consent.erased_again, consent.legal_hold, consent.erased_until;
REVOKE ALL ON consent.child, consent.child_reference, consent.hold, consent.decision, consent.disclosure
  FROM samverkan_consent_jobs;
COMMIT;
