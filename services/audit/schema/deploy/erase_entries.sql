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

-- Keys of what was erased, from the erasure on: they are destroyed right after it, and again
-- where their database comes back from an older backup.
CREATE TABLE audit.key_destruction (
  destruction uuid PRIMARY KEY,
  keys uuid[] NOT NULL,
  -- The entries whose private parts they have sealed.
  indexes bigint[] NOT NULL,
  -- Place in the order of what was destroyed (libs/sealing/key_ring.h); null until then.
  sequence bigint
);
CREATE INDEX key_destruction_due ON audit.key_destruction (destruction) WHERE sequence IS NULL;
CREATE INDEX key_destruction_by_sequence ON audit.key_destruction (sequence);

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
RETURNS TABLE (index bigint, leaf bytea, data_key uuid, body bytea)
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
    SELECT s.index, s.leaf, s.data_key, s.body
      FROM (SELECT e.index, e.leaf, p.data_key, p.body,
                   sum(octet_length(p.body)) OVER (ORDER BY e.index) - octet_length(p.body) AS bytes_before
              FROM entry e
              JOIN private_part p ON p.index = e.index
              WHERE e.index = ANY (hits)) AS s
      WHERE s.bytes_before <= p_body_bytes
      ORDER BY s.index;
END
$$;

-- Whether an entry that carries one of `p_tags` is of another service than `p_producer` and the log itself.
CREATE FUNCTION audit.is_told_by_others(p_municipality text, p_authority text, p_tags bytea[], p_producer text)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM search_tag t
      JOIN private_part p ON p.index = t.index
      WHERE t.tag = ANY (p_tags) AND p.municipality = p_municipality AND p.authority = p_authority
        AND split_part(p.method, '.', 2) NOT IN (p_producer, 'audit'))
$$;

-- The outcomes of reviews of the entries at `p_indexes`. Their items are locked until the
-- transaction ends.
CREATE FUNCTION audit.list_outcomes_of_entries(p_municipality text, p_authority text, p_indexes bigint[])
RETURNS TABLE (sample uuid, item bigint, number bigint, data_key uuid, body bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT FROM review_item i WHERE i.municipality = p_municipality AND i.index = ANY (p_indexes)
    ORDER BY i.sample, i.item FOR UPDATE;
  SELECT o.sample, o.item, o.number, o.data_key, o.body
    FROM review_item i
    JOIN review_sample s ON s.municipality = i.municipality AND s.sample = i.sample
    JOIN review_outcome o ON o.municipality = i.municipality AND o.sample = i.sample AND o.item = i.item
    WHERE i.municipality = p_municipality AND s.authority = p_authority AND i.index = ANY (p_indexes);
$$;
CREATE INDEX review_item_by_index ON audit.review_item (municipality, index);

-- The only way by which anything of a private part, of its search tags and of what a review
-- says is lost: by an erasure that was claimed, so that its entry stands in the log when the
-- transaction ends. The private part at
-- `p_indexes[i]` becomes `p_bodies[i]`, sealed
-- with `p_data_keys[i]`, or is deleted where that is null; the entry at
-- `p_tag_indexes[j]` is no longer found by `p_tags[j]`; the outcome that `p_samples[k]`,
-- `p_items[k]` and `p_numbers[k]` name becomes `p_outcomes[k]`, sealed with
-- `p_outcome_keys[k]`. What these were sealed with is to be destroyed, as `p_destruction`.
CREATE FUNCTION audit.erase_entries(
  p_municipality text, p_authority text, p_erasure uuid, p_destruction uuid,
  p_indexes bigint[], p_data_keys uuid[], p_bodies bytea[],
  p_tag_indexes bigint[], p_tags bytea[],
  p_samples uuid[], p_items bigint[], p_numbers bigint[], p_outcome_keys uuid[], p_outcomes bytea[])
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
  INSERT INTO key_destruction (destruction, keys, indexes)
    SELECT p_destruction,
           ARRAY(SELECT p.data_key FROM private_part p
                   WHERE p.index = ANY (p_indexes)
                     AND p.municipality = p_municipality AND p.authority = p_authority)
             || ARRAY(SELECT o.data_key
                        FROM unnest(p_samples, p_items, p_numbers) AS c (sample, item, number)
                        JOIN review_sample s
                          ON s.municipality = p_municipality AND s.authority = p_authority AND s.sample = c.sample
                        JOIN review_outcome o
                          ON o.municipality = s.municipality AND o.sample = c.sample AND o.item = c.item
                            AND o.number = c.number),
           p_indexes;
  UPDATE private_part p
    SET data_key = c.data_key, body = c.body
    FROM unnest(p_indexes, p_data_keys, p_bodies) AS c (index, data_key, body)
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
    SET data_key = c.data_key, body = c.body
    FROM unnest(p_samples, p_items, p_numbers, p_outcome_keys, p_outcomes)
      AS c (sample, item, number, data_key, body)
    JOIN review_sample s
      ON s.municipality = p_municipality AND s.authority = p_authority AND s.sample = c.sample
    WHERE o.municipality = s.municipality AND o.sample = c.sample AND o.item = c.item AND o.number = c.number;
END
$$;

-- What is to be destroyed still.
CREATE FUNCTION audit.list_due_destructions()
RETURNS TABLE (destruction uuid, keys uuid[], indexes bigint[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT d.destruction, d.keys, d.indexes FROM key_destruction d WHERE d.sequence IS NULL ORDER BY d.destruction
$$;

-- What was destroyed after a place in the order, in order: to be destroyed again where the keys
-- came back from an older backup.
CREATE FUNCTION audit.list_destructions_after(p_sequence bigint)
RETURNS TABLE (destruction uuid, keys uuid[], indexes bigint[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT d.destruction, d.keys, d.indexes FROM key_destruction d WHERE d.sequence > p_sequence ORDER BY d.sequence
$$;

-- How far in the order of what was destroyed this database has followed: behind after an older
-- backup was restored. 0 where nothing ever was.
CREATE FUNCTION audit.get_last_destruction()
RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT coalesce(max(d.sequence), 0) FROM key_destruction d
$$;

-- Says where in the order a destruction stands.
CREATE FUNCTION audit.keep_destruction(p_destruction uuid, p_sequence bigint)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  UPDATE key_destruction d SET sequence = p_sequence WHERE d.destruction = p_destruction;
$$;

-- Deletes what came back from an older backup and nobody can open any more: the private parts
-- at `p_indexes` that are sealed with one of `p_keys`, with their search tags. Doing it again
-- changes nothing.
CREATE FUNCTION audit.erase_again(p_destruction uuid, p_keys uuid[], p_indexes bigint[], p_sequence bigint)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  DELETE FROM search_tag t
    USING private_part p
    WHERE t.index = p.index AND p.index = ANY (p_indexes) AND p.data_key = ANY (p_keys);
  DELETE FROM private_part p WHERE p.index = ANY (p_indexes) AND p.data_key = ANY (p_keys);
  INSERT INTO key_destruction (destruction, keys, indexes, sequence)
    VALUES (p_destruction, p_keys, p_indexes, p_sequence)
    ON CONFLICT (destruction) DO UPDATE SET sequence = p_sequence;
$$;

GRANT EXECUTE ON FUNCTION
  audit.claim_erasure, audit.keep_erasure, audit.list_erasable_entries, audit.is_told_by_others,
  audit.list_outcomes_of_entries, audit.erase_entries, audit.list_due_destructions, audit.list_destructions_after,
  audit.get_last_destruction,
  audit.keep_destruction, audit.erase_again
  TO samverkan_audit;

COMMIT;
