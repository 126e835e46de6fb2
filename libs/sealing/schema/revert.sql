DROP FUNCTION key_encryption_keys, add_key_encryption_key, remove_key_encryption_key, add_data_keys, find_data_keys,
  destroy_data_keys, destructions_after, last_destruction, data_keys_not_wrapped_by, rewrap_data_keys;
DROP TABLE destruction, data_key, key_encryption_key;
