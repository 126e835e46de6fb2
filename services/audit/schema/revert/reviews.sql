-- Revert audit:reviews from pg

BEGIN;
DROP FUNCTION audit.list_touched_children;
DROP FUNCTION audit.count_reviews;
DROP FUNCTION audit.record_review_outcome;
DROP FUNCTION audit.lock_review_item;
DROP FUNCTION audit.list_review_items;
DROP FUNCTION audit.get_review_sample;
DROP FUNCTION audit.list_review_samples;
DROP FUNCTION audit.store_review_sample;
DROP FUNCTION audit.get_entries;
DROP FUNCTION audit.list_acts;
DROP TABLE audit.review_outcome;
DROP TABLE audit.review_item;
DROP TABLE audit.review_sample;
DROP FUNCTION audit.claim_request;
DROP TABLE audit.request;
COMMIT;
