-- Deploy audit:reviews to pg
-- requires: append_entries
-- requires: read_entries

BEGIN;
SET LOCAL ROLE samverkan_audit_owner;

-- ---- requests ----

-- Which request ids were used for which change: a repeated request finds what the first
-- one made (AIP-155). Kept for 30 days. Not the table of libs/idempotency, whose row-level
-- security is for roles that reach tables.
CREATE TABLE audit.request (
  municipality text NOT NULL,
  authority text NOT NULL,
  -- Keyed hash of who called.
  caller bytea NOT NULL,
  method text NOT NULL,
  request uuid NOT NULL,
  -- Keyed hash of the content, so that other content under the id is noticed.
  fingerprint bytea NOT NULL,
  -- Name of what the request made or changed.
  resource text NOT NULL,
  create_time timestamptz NOT NULL,
  PRIMARY KEY (municipality, authority, caller, method, request)
);
CREATE INDEX request_by_time ON audit.request (create_time);

-- Claims a request id: nothing where it is new, else what its first use kept. Claims of
-- more than 30 days ago are forgotten.
CREATE FUNCTION audit.claim_request(
  p_municipality text, p_authority text, p_caller bytea, p_method text, p_request uuid, p_fingerprint bytea,
  p_resource text, p_now timestamptz)
RETURNS TABLE (fingerprint bytea, resource text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
BEGIN
  DELETE FROM request r WHERE r.create_time < p_now - interval '30 days';
  INSERT INTO request (municipality, authority, caller, method, request, fingerprint, resource, create_time)
    VALUES (p_municipality, p_authority, p_caller, p_method, p_request, p_fingerprint, p_resource, p_now)
    ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN;
  END IF;
  -- A statement of its own: what the claim has waited for is invisible to itself.
  RETURN QUERY
    SELECT r.fingerprint, r.resource
      FROM request r
      WHERE r.municipality = p_municipality AND r.authority = p_authority AND r.caller = p_caller
        AND r.method = p_method AND r.request = p_request;
END
$$;

-- ---- samples ----

-- A sample that was drawn. `body` is samverkan.audit.v1.ReviewSample, serialized and sealed,
-- without what stands in the columns.
CREATE TABLE audit.review_sample (
  municipality text NOT NULL,
  sample uuid NOT NULL,
  authority text NOT NULL,
  draw_time timestamptz NOT NULL,
  data_key uuid NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (municipality, sample)
);
CREATE INDEX review_sample_by_time ON audit.review_sample (municipality, authority, draw_time, sample);

-- What was drawn. Numbers of samverkan.audit.v1.ReviewItem.Drawing and, as the last
-- outcome has it, of ReviewOutcome.Verdict; signs as in private_part. Actor and units are
-- keyed hashes.
CREATE TABLE audit.review_item (
  municipality text NOT NULL,
  sample uuid NOT NULL,
  item bigint NOT NULL CHECK (item > 0),
  index bigint NOT NULL,
  drawing smallint NOT NULL,
  signs smallint NOT NULL,
  actor bytea NOT NULL CHECK (octet_length(actor) = 16),
  units bytea[] NOT NULL,
  verdict smallint,
  PRIMARY KEY (municipality, sample, item),
  UNIQUE (municipality, sample, index),
  FOREIGN KEY (municipality, sample) REFERENCES audit.review_sample
);

-- What was found, never changed but for notes that are erased. `body` is
-- samverkan.audit.v1.ReviewOutcome, serialized and sealed: it names people.
CREATE TABLE audit.review_outcome (
  municipality text NOT NULL,
  sample uuid NOT NULL,
  item bigint NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  data_key uuid NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (municipality, sample, item, number),
  FOREIGN KEY (municipality, sample, item) REFERENCES audit.review_item
);

-- The acts of [p_start, p_end), by what is known of them without their private parts.
CREATE FUNCTION audit.list_acts(p_municipality text, p_authority text, p_start timestamptz, p_end timestamptz)
RETURNS TABLE (index bigint, act_time timestamptz, action smallint, outcome smallint, role smallint, signs smallint,
               actor bytea, children bytea[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT p.index, p.time, p.action, p.outcome, p.role, p.signs, p.actor,
         ARRAY(SELECT t.tag FROM search_tag t WHERE t.index = p.index AND t.kind = 1)
    FROM private_part p
    WHERE p.municipality = p_municipality AND p.authority = p_authority AND p.time >= p_start AND p.time < p_end
$$;

-- The entries at `p_indexes`, in that order: as many of the first as fit `p_body_bytes`,
-- at least one. `body` is null once erased.
CREATE FUNCTION audit.get_entries(p_municipality text, p_authority text, p_indexes bigint[], p_body_bytes bigint)
RETURNS TABLE (ordinal bigint, index bigint, leaf bytea, leaf_hash bytea, record_time timestamptz,
               data_key uuid, body bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT s.ordinal, s.index, s.leaf, s.leaf_hash, s.record_time, s.data_key, s.body
    FROM (SELECT w.ordinal, e.index, e.leaf, e.leaf_hash, e.record_time, p.data_key, p.body,
                 sum(coalesce(octet_length(p.body), 0)) OVER (ORDER BY w.ordinal) AS bytes
            FROM unnest(p_indexes) WITH ORDINALITY AS w (index, ordinal)
            JOIN entry e ON e.index = w.index AND e.municipality = p_municipality AND e.authority = p_authority
            LEFT JOIN private_part p ON p.index = e.index) AS s
    WHERE s.ordinal = 1 OR s.bytes <= p_body_bytes
    ORDER BY s.ordinal
$$;

-- Stores a sample and its items, `p_indexes[i]` as item i, with the units
-- `p_units[j]` where `p_unit_ordinals[j]` is i.
CREATE FUNCTION audit.store_review_sample(
  p_municipality text, p_authority text, p_sample uuid, p_draw_time timestamptz, p_data_key uuid,
  p_body bytea, p_indexes bigint[], p_drawings bigint[], p_signs bigint[], p_actors bytea[],
  p_unit_ordinals bigint[], p_units bytea[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  INSERT INTO review_sample (municipality, sample, authority, draw_time, data_key, body)
    VALUES (p_municipality, p_sample, p_authority, p_draw_time, p_data_key, p_body);
  INSERT INTO review_item (municipality, sample, item, index, drawing, signs, actor, units)
    SELECT p_municipality, p_sample, d.item, d.index, d.drawing, d.signs, d.actor,
           ARRAY(SELECT u.unit FROM unnest(p_unit_ordinals, p_units) AS u (ordinal, unit) WHERE u.ordinal = d.item)
      FROM unnest(p_indexes, p_drawings, p_signs, p_actors)
        WITH ORDINALITY AS d (index, drawing, signs, actor, item);
$$;

-- The samples of an authority before (p_before_time, p_before_sample), newest first.
CREATE FUNCTION audit.list_review_samples(
  p_municipality text, p_authority text, p_before_time timestamptz, p_before_sample uuid, p_limit bigint)
RETURNS TABLE (sample uuid, draw_time timestamptz, data_key uuid, body bytea, reviewed bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT s.sample, s.draw_time, s.data_key, s.body,
         (SELECT count(i.verdict) FROM review_item i WHERE i.municipality = s.municipality AND i.sample = s.sample)
    FROM review_sample s
    WHERE s.municipality = p_municipality AND s.authority = p_authority
      AND (s.draw_time, s.sample) < (p_before_time, p_before_sample)
    ORDER BY s.draw_time DESC, s.sample DESC
    LIMIT p_limit
$$;

-- A sample. Always one row: `taken` says whether there is one of that name, be it another
-- authority's; the rest is null unless it is this authority's.
CREATE FUNCTION audit.get_review_sample(p_municipality text, p_authority text, p_sample uuid)
RETURNS TABLE (taken boolean, draw_time timestamptz, data_key uuid, body bytea, reviewed bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM review_sample t WHERE t.municipality = p_municipality AND t.sample = p_sample),
         s.draw_time, s.data_key, s.body,
         (SELECT count(i.verdict) FROM review_item i WHERE i.municipality = s.municipality AND i.sample = s.sample)
    FROM (SELECT) AS one
    LEFT JOIN review_sample s
      ON s.municipality = p_municipality AND s.authority = p_authority AND s.sample = p_sample
$$;

-- The items of a sample after `p_after`, in order, with their outcomes, oldest
-- first.
CREATE FUNCTION audit.list_review_items(
  p_municipality text, p_authority text, p_sample uuid, p_after bigint, p_limit bigint)
RETURNS TABLE (item bigint, index bigint, drawing smallint, signs smallint, actor bytea,
               outcome_keys uuid[], outcomes bytea[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT i.item, i.index, i.drawing, i.signs, i.actor,
         ARRAY(SELECT o.data_key FROM review_outcome o
                 WHERE o.municipality = i.municipality AND o.sample = i.sample AND o.item = i.item
                 ORDER BY o.number),
         ARRAY(SELECT o.body FROM review_outcome o
                 WHERE o.municipality = i.municipality AND o.sample = i.sample AND o.item = i.item
                 ORDER BY o.number)
    FROM review_sample s
    JOIN review_item i ON i.municipality = s.municipality AND i.sample = s.sample
    WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.sample = p_sample
      AND i.item > p_after
    ORDER BY i.item
    LIMIT p_limit
$$;

-- Keeps others from recording an outcome of the item until the transaction ends.
CREATE FUNCTION audit.lock_review_item(p_municipality text, p_authority text, p_sample uuid, p_item bigint)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT FROM review_item i
    WHERE i.municipality = p_municipality AND i.sample = p_sample AND i.item = p_item
      AND EXISTS (SELECT FROM review_sample s
                    WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.sample = p_sample)
    FOR UPDATE;
$$;

-- Records the outcome number `p_number` of an item that is locked.
CREATE FUNCTION audit.record_review_outcome(
  p_municipality text, p_authority text, p_sample uuid, p_item bigint, p_number bigint, p_verdict bigint,
  p_data_key uuid, p_body bytea)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  INSERT INTO review_outcome (municipality, sample, item, number, data_key, body)
    SELECT s.municipality, s.sample, p_item, p_number, p_data_key, p_body
      FROM review_sample s
      WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.sample = p_sample;
  UPDATE review_item i
    SET verdict = p_verdict
    FROM review_sample s
    WHERE s.municipality = p_municipality AND s.authority = p_authority AND s.sample = p_sample
      AND i.municipality = s.municipality AND i.sample = s.sample AND i.item = p_item;
$$;

-- What was drawn in [p_start, p_end), counted by what a statistic is made of; of one unit
-- where `p_unit` is given. A row without a drawing counts the samples.
CREATE FUNCTION audit.count_reviews(
  p_municipality text, p_authority text, p_start timestamptz, p_end timestamptz, p_unit bytea)
RETURNS TABLE (drawing smallint, signs smallint, verdict smallint, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  WITH drawn AS (
    SELECT s.municipality, s.sample
      FROM review_sample s
      WHERE s.municipality = p_municipality AND s.authority = p_authority
        AND s.draw_time >= p_start AND s.draw_time < p_end)
  SELECT NULL, NULL, NULL, count(*) FROM drawn
  UNION ALL
  SELECT i.drawing, i.signs, i.verdict, count(*)
    FROM drawn d
    JOIN review_item i ON i.municipality = d.municipality AND i.sample = d.sample
    WHERE p_unit IS NULL OR p_unit = ANY (i.units)
    GROUP BY i.drawing, i.signs, i.verdict
$$;

-- ---- a breach ----

-- The children named by GRANTED acts of an actor, a system, or one in the other, in
-- [p_start, p_end): a row a child, in the order of the first entry that names it, from
-- beyond the entry `p_after` on.
CREATE FUNCTION audit.list_touched_children(
  p_municipality text, p_authority text, p_actor bytea, p_system bytea, p_start timestamptz, p_end timestamptz,
  p_after bigint, p_after_child bytea, p_limit bigint)
RETURNS TABLE (child bytea, first_index bigint, entries bigint, first_time timestamptz, last_time timestamptz,
               actions smallint[], methods text[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = audit, pg_temp
AS $$
  SELECT t.tag, min(p.index), count(*), min(p.time), max(p.time),
         array_agg(DISTINCT p.action), array_agg(DISTINCT p.method)
    FROM private_part p
    JOIN search_tag t ON t.index = p.index AND t.kind = 1
    WHERE p.municipality = p_municipality AND p.authority = p_authority AND p.time >= p_start AND p.time < p_end
      AND p.outcome = 1
      AND (p_actor IS NULL OR p.actor = p_actor) AND (p_system IS NULL OR p.system = p_system)
    GROUP BY t.tag
    HAVING (min(p.index), t.tag) > (p_after, p_after_child)
    ORDER BY min(p.index), t.tag
    LIMIT p_limit
$$;

-- ---- who may call ----

GRANT EXECUTE ON FUNCTION
  audit.claim_request, audit.list_acts, audit.get_entries, audit.store_review_sample, audit.list_review_samples,
  audit.get_review_sample, audit.list_review_items, audit.lock_review_item, audit.record_review_outcome,
  audit.count_reviews, audit.list_touched_children
  TO samverkan_audit;

COMMIT;
