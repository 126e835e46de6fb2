SELECT municipality, caller, method, request, owner_municipality, owner_authority, fingerprint, resources, create_time
  FROM request WHERE false;
