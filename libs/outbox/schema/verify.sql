SELECT municipality, event, authority, event_time, sequence, position, content FROM event WHERE false;
SELECT municipality, entry, sequence, create_time, children, data_key, content FROM audit_entry WHERE false;
SELECT 1 / count(*) FROM relay;
