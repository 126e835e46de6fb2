SELECT id, check_value FROM key_encryption_key WHERE false;
SELECT id, wrapped_by, wrapped, create_time FROM data_key WHERE false;
SELECT sequence, id, note, create_time FROM destruction WHERE false;
