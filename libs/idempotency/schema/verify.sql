SELECT municipality, caller, method, request, fingerprint, resources, create_time FROM request WHERE false;
