// A real OpenID provider (npm oidc-provider) that serves until it is ended, and a token of it:
//   openid_provider.js CERTIFICATE KEY AUTHORITIES SYSTEM_CERTIFICATE SYSTEM_KEY FILE
// The first three are what it serves with; the next two are of the system skolsystemet, which
// asks the token endpoint for a token that is bound to its certificate (RFC 8705). FILE then
// holds the issuer and the token, a line each.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const path = require('node:path');
const { createRequire } = require('node:module');
const { once } = require('node:events');

const [certificate, key, authorities, systemCertificate, systemKey, file] = process.argv.slice(2);
const SYSTEM = 'skolsystemet';
const SECRET = crypto.randomUUID();

// Beside the real file, not beside the link that Bazel makes to it.
const { resolve } = createRequire(path.join(fs.realpathSync(__filename), '../../../tools/node/package.json'));

function signingKey() {
  const pair = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...pair.privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' };
}

function configuration() {
  return {
    jwks: { keys: [signingKey()] },
    cookies: { keys: [crypto.randomUUID()] },
    ttl: { ClientCredentials: 600 },
    clients: [{
      client_id: SYSTEM,
      client_secret: SECRET,
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
      tls_client_certificate_bound_access_tokens: true,
    }],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: (context) => context.req.socket.getPeerX509Certificate(),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => 'urn:samverkan',
        getResourceServerInfo: () => ({
          audience: 'samverkan', scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    extraTokenClaims: () => ({
      azp: SYSTEM,
      municipality: '0180',
      authority: 'utbildningsnamnden',
      units: ['bredangsskolan'],
      roles: ['REPORTER'],
    }),
  };
}

// Services fetch the keys without a certificate; the token endpoint needs one.
async function serve() {
  const server = https.createServer({
    cert: fs.readFileSync(certificate),
    key: fs.readFileSync(key),
    ca: fs.readFileSync(authorities),
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://127.0.0.1:${server.address().port}`;
  const { Provider } = await import(resolve('oidc-provider'));
  server.on('request', new Provider(issuer, configuration()).callback());
  return issuer;
}

async function fetchToken(issuer) {
  const request = https.request(`${issuer}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    cert: fs.readFileSync(systemCertificate),
    key: fs.readFileSync(systemKey),
    ca: fs.readFileSync(authorities),
  });
  request.end(`grant_type=client_credentials&client_id=${SYSTEM}&client_secret=${SECRET}`);
  const [response] = await once(request, 'response');
  const answer = Buffer.concat(await response.toArray()).toString();
  if (response.statusCode !== 200) throw new Error(answer);
  return JSON.parse(answer).access_token;
}

async function main() {
  const issuer = await serve();
  fs.writeFileSync(`${file}.new`, `${issuer}\n${await fetchToken(issuer)}\n`);
  fs.renameSync(`${file}.new`, file);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
