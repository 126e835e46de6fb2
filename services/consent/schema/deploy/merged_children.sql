-- Deploy consent:merged_children to pg
-- requires: consents
-- requires: decisions
-- requires: retention

BEGIN;
SET LOCAL ROLE samverkan_consent_owner;
SET LOCAL search_path = consent;

-- Two children of one authority turn out to be one: all that is known of `p_from` is `p_into`'s
-- from now on, and nothing is left of its row. What was decided and told stays as it was sealed.
-- Both rows are locked already.
CREATE FUNCTION merge_children(p_municipality text, p_authority text, p_from uuid, p_into uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = consent, pg_temp
AS $$
BEGIN
  -- The keys of one of them may be gone already: what is known of the other waits until the rest is.
  IF EXISTS (SELECT FROM erasure e
               WHERE e.municipality = p_municipality AND e.authority = p_authority
                 AND e.child IN (p_from, p_into) AND e.state = 2) THEN
    RAISE EXCEPTION 'one of the children is being erased' USING ERRCODE = 'serialization_failure';
  END IF;
  UPDATE legal_hold SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  UPDATE child_reference SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  UPDATE child_number SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  UPDATE consent SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  UPDATE decision SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  UPDATE disclosure SET child = p_into
    WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
  DELETE FROM child WHERE municipality = p_municipality AND authority = p_authority AND child = p_from;
END
$$;
GRANT EXECUTE ON FUNCTION merge_children TO samverkan_consent;

COMMIT;
