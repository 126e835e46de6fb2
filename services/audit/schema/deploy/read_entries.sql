-- Deploy audit:read_entries to pg
-- requires: entries

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;

-- The entry at an index, for a reader of one municipality and authority. Always one
-- row: `log_size` tells whether the index is taken; the rest is null where it is not,
-- or is another authority's. `body` is null once erased.
CREATE FUNCTION audit.get_entry(p_municipality text, p_authority text, p_index bigint)
RETURNS TABLE (log_size bigint, index bigint, leaf bytea, leaf_hash bytea, record_time timestamptz,
               data_key uuid, body bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT s.size, e.index, e.leaf, e.leaf_hash, e.record_time, p.data_key, p.body
    FROM log_state s
    LEFT JOIN entry e ON e.index = p_index AND e.municipality = p_municipality AND e.authority = p_authority
    LEFT JOIN private_part p ON p.index = e.index
$$;
GRANT EXECUTE ON FUNCTION audit.get_entry(text, text, bigint) TO samverkan_audit;

-- Entries of one municipality and authority that carry all of `p_tags` (the rarest
-- first) and all risk signs of `p_signs`, and whose act lies in [p_start, p_end), newest
-- first, from below `p_before` on. At most `p_limit`, and no further one once the bodies
-- exceed `p_body_bytes`; `found` says how many of `p_limit` there were before that cut.
CREATE FUNCTION audit.search_entries(
  p_municipality text, p_authority text, p_tags bytea[], p_start timestamptz, p_end timestamptz,
  p_before bigint, p_limit bigint, p_body_bytes bigint, p_signs bigint)
RETURNS TABLE (index bigint, leaf bytea, leaf_hash bytea, record_time timestamptz,
               data_key uuid, body bytea, found bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
-- Which index serves depends on the span of time asked for.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  hits bigint[];
BEGIN
  IF cardinality(p_tags) = 0 THEN
    hits := ARRAY(
      SELECT p.index
        FROM private_part p
        WHERE p.municipality = p_municipality AND p.authority = p_authority
          AND p.time >= p_start AND p.time < p_end AND p.index < p_before
          AND (p_signs = 0 OR (p.signs <> 0 AND p.signs & p_signs = p_signs))
        ORDER BY p.index DESC
        LIMIT p_limit);
  ELSE
    hits := ARRAY(
      SELECT t.index
        FROM search_tag t
        JOIN private_part p ON p.index = t.index
        WHERE t.tag = p_tags[1] AND t.index < p_before
          AND p.municipality = p_municipality AND p.authority = p_authority
          AND p.time >= p_start AND p.time < p_end
          AND p.signs & p_signs = p_signs
          AND NOT EXISTS (
            SELECT FROM unnest(p_tags) AS wanted (tag)
              WHERE NOT EXISTS (
                SELECT FROM search_tag o WHERE o.tag = wanted.tag AND o.index = t.index))
        ORDER BY t.index DESC
        LIMIT p_limit);
  END IF;

  RETURN QUERY
    SELECT s.index, s.leaf, s.leaf_hash, s.record_time, s.data_key, s.body, cardinality(hits)::bigint
      FROM (SELECT e.index, e.leaf, e.leaf_hash, e.record_time, p.data_key, p.body,
                   sum(octet_length(p.body)) OVER (ORDER BY e.index DESC) - octet_length(p.body) AS bytes_before
              FROM entry e
              JOIN private_part p ON p.index = e.index
              WHERE e.index = ANY (hits)) AS s
      WHERE s.bytes_before <= p_body_bytes
      ORDER BY s.index DESC;
END
$$;
GRANT EXECUTE ON FUNCTION audit.search_entries(
  text, text, bytea[], timestamptz, timestamptz, bigint, bigint, bigint, bigint) TO samverkan_audit;

COMMIT;
