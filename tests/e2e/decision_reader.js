// Verifies an exported decision as a reader outside would (npm jose), with nothing but the
// published keys:
//   decision_reader.js JWKS JWS
// Prints what was signed; exit code 1 where the signature does not hold.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

// Beside the real file, not beside the link that Bazel makes to it.
const { compactVerify, createLocalJWKSet } = createRequire(
  path.join(fs.realpathSync(__filename), '../../../tools/node/package.json'))('jose');

async function main() {
  const [jwks, jws] = process.argv.slice(2);
  const { payload, protectedHeader } = await compactVerify(jws, createLocalJWKSet(JSON.parse(jwks)), {
    algorithms: ['ES256'],
  });
  console.log(JSON.stringify({ type: protectedHeader.typ, ...JSON.parse(new TextDecoder().decode(payload)) }));
}

main().catch((error) => {
  console.error(error.code ?? error);
  process.exitCode = 1;
});
