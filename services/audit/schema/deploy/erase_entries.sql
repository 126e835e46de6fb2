-- Deploy audit:erase_entries to pg
-- requires: reviews

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;

-- Which erasures the log has carried out, each with the entry that tells of it.
CREATE TABLE audit.erasure (
  municipality text NOT NULL,
  authority text NOT NULL,
  erasure uuid NOT NULL,
  -- Null only within the transaction that appends the entry.
  index bigint,
  PRIMARY KEY (municipality, authority, erasure)
);

-- No transaction ends with an erasure of which the log does not tell.
CREATE FUNCTION audit.check_erasure()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM erasure e
      JOIN entry n ON n.index = e.index AND n.municipality = e.municipality AND n.authority = e.authority
      WHERE e.municipality = NEW.municipality AND e.authority = NEW.authority AND e.erasure = NEW.erasure) THEN
    RAISE EXCEPTION 'no entry tells of this erasure';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER erasure_is_told AFTER INSERT ON audit.erasure
  DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION audit.check_erasure();

-- Claims an erasure: null where it is new, else the index of its entry. Others that claim
-- it wait until the transaction ends.
CREATE FUNCTION audit.claim_erasure(p_municipality text, p_authority text, p_erasure uuid)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
  INSERT INTO erasure (municipality, authority, erasure)
    VALUES (p_municipality, p_authority, p_erasure)
    ON CONFLICT DO NOTHING;
  -- A statement of its own: what the claim has waited for is invisible to itself.
  RETURN (SELECT e.index FROM erasure e
            WHERE e.municipality = p_municipality AND e.authority = p_authority AND e.erasure = p_erasure);
END
$$;

-- Says which entry tells of an erasure that was claimed. Once.
CREATE FUNCTION audit.keep_erasure(p_municipality text, p_authority text, p_erasure uuid, p_index bigint)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  UPDATE erasure e
    SET index = p_index
    WHERE e.municipality = p_municipality AND e.authority = p_authority AND e.erasure = p_erasure
      AND e.index IS NULL;
$$;

-- Entries that carry one of `p_tags`, from beyond `p_after` on, in order: at most `p_limit`,
-- and as many as fit `p_body_bytes`, at least one. Locked until the transaction ends, so
-- that two erasures of one entry follow each other.
CREATE FUNCTION audit.list_erasable_entries(
  p_municipality text, p_authority text, p_tags bytea[], p_after bigint, p_limit bigint, p_body_bytes bigint)
RETURNS TABLE (index bigint, leaf bytea, body bytea)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  hits bigint[];
BEGIN
  hits := ARRAY(
    SELECT p.index
      FROM private_part p
      WHERE p.municipality = p_municipality AND p.authority = p_authority
        AND p.index IN (SELECT t.index FROM search_tag t WHERE t.tag = ANY (p_tags) AND t.index > p_after)
      ORDER BY p.index
      LIMIT p_limit
      FOR UPDATE);
  -- A statement of its own: it reads what those that were waited for have left.
  RETURN QUERY
    SELECT s.index, s.leaf, s.body
      FROM (SELECT e.index, e.leaf, p.body,
                   sum(octet_length(p.body)) OVER (ORDER BY e.index) - octet_length(p.body) AS bytes_before
              FROM entry e
              JOIN private_part p ON p.index = e.index
              WHERE e.index = ANY (hits)) AS s
      WHERE s.bytes_before <= p_body_bytes
      ORDER BY s.index;
END
$$;

-- The outcomes of reviews of the entries at `p_indexes`. Their items are locked until the
-- transaction ends.
CREATE FUNCTION audit.list_outcomes_of_entries(p_municipality text, p_authority text, p_indexes bigint[])
RETURNS TABLE (sample uuid, item bigint, number bigint, body bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT FROM review_item i WHERE i.municipality = p_municipality AND i.index = ANY (p_indexes)
    ORDER BY i.sample, i.item FOR UPDATE;
  SELECT o.sample, o.item, o.number, o.body
    FROM review_item i
    JOIN review_sample s ON s.municipality = i.municipality AND s.sample = i.sample
    JOIN review_outcome o ON o.municipality = i.municipality AND o.sample = i.sample AND o.item = i.item
    WHERE i.municipality = p_municipality AND s.authority = p_authority AND i.index = ANY (p_indexes);
$$;
CREATE INDEX review_item_by_index ON audit.review_item (municipality, index);

-- The only way by which anything of a private part, of its search tags and of what a review
-- says is lost: by an erasure that was claimed, so that its entry stands in the log when the
-- transaction ends. The private part at
-- `p_indexes[i]` becomes `p_bodies[i]`, or is deleted where that is null; the entry at
-- `p_tag_indexes[j]` is no longer found by `p_tags[j]`; the outcome that `p_samples[k]`,
-- `p_items[k]` and `p_numbers[k]` name becomes `p_outcomes[k]`.
CREATE FUNCTION audit.erase_entries(
  p_municipality text, p_authority text, p_erasure uuid, p_indexes bigint[], p_bodies bytea[],
  p_tag_indexes bigint[], p_tags bytea[],
  p_samples uuid[], p_items bigint[], p_numbers bigint[], p_outcomes bytea[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM erasure e
      WHERE e.municipality = p_municipality AND e.authority = p_authority AND e.erasure = p_erasure) THEN
    RAISE EXCEPTION 'this erasure was not claimed';
  END IF;
  UPDATE private_part p
    SET body = c.body
    FROM unnest(p_indexes, p_bodies) AS c (index, body)
    WHERE p.index = c.index AND c.body IS NOT NULL
      AND p.municipality = p_municipality AND p.authority = p_authority;
  DELETE FROM search_tag t
    USING unnest(p_tag_indexes, p_tags) AS c (index, tag)
    JOIN private_part p ON p.index = c.index AND p.municipality = p_municipality AND p.authority = p_authority
    WHERE t.tag = c.tag AND t.index = c.index;
  DELETE FROM private_part p
    USING unnest(p_indexes, p_bodies) AS c (index, body)
    WHERE p.index = c.index AND c.body IS NULL
      AND p.municipality = p_municipality AND p.authority = p_authority;
  UPDATE review_outcome o
    SET body = c.body
    FROM unnest(p_samples, p_items, p_numbers, p_outcomes) AS c (sample, item, number, body)
    JOIN review_sample s
      ON s.municipality = p_municipality AND s.authority = p_authority AND s.sample = c.sample
    WHERE o.municipality = s.municipality AND o.sample = c.sample AND o.item = c.item AND o.number = c.number;
END
$$;

GRANT EXECUTE ON FUNCTION
  audit.claim_erasure, audit.keep_erasure, audit.list_erasable_entries, audit.list_outcomes_of_entries,
  audit.erase_entries
  TO samverkan_audit;

COMMIT;
