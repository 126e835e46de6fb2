// Calls intake as an integrator would who has grpc-js, the protos and a certificate, and no more.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { createRequire } = require('node:module');

// Beside the real file, not beside the link that Bazel makes to it.
const installed = createRequire(path.join(fs.realpathSync(__filename), '../../../tools/node/package.json'));
const grpc = installed('@grpc/grpc-js');
const protoLoader = installed('@grpc/proto-loader');
const protobuf = installed('protobufjs');

// Where the distribution's package puts google/rpc/*.proto.
const GOOGLEAPIS = '/usr/share/gocode/src/github.com/gogo/googleapis';

function loadReportService() {
  const definition = protoLoader.loadSync('samverkan/intake/v1/report.proto', {
    includeDirs: ['proto'], enums: String, longs: String, defaults: true, oneofs: true,
  });
  return grpc.loadPackageDefinition(definition).samverkan.intake.v1.ReportService;
}

// The google.rpc messages of an error, by name.
function detailsOf(error) {
  const root = new protobuf.Root();
  root.resolvePath = (origin, target) =>
    (target.startsWith('google/rpc') ? path.join(GOOGLEAPIS, target) : protobuf.util.path.resolve(origin, target));
  root.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);
  const status = root.lookupType('google.rpc.Status').decode(error.metadata.get('grpc-status-details-bin')[0]);
  return Object.fromEntries(status.details.map(({ type_url: url, typeUrl, value }) => {
    const name = (url || typeUrl).split('/').pop();
    return [name, root.lookupType(name).decode(value)];
  }));
}

function newReport() {
  const request = JSON.parse(fs.readFileSync('tests/clients/report.json', 'utf-8'));
  return { ...request, requestId: crypto.randomUUID() };
}

function expect(what, came, wanted) {
  assert.deepEqual(came, wanted, what);
  console.log('as expected:', what);
}

// Mutual TLS with the certificate of the calling system.
function credentials() {
  const [authorities, key, certificate] = ['CA', 'KEY', 'CERT'].map((name) => (
    fs.readFileSync(process.env[`SAMVERKAN_${name}`])));
  return grpc.credentials.createSsl(authorities, key, certificate);
}

class Client {
  constructor(address, token) {
    const ReportService = loadReportService();
    this.stub = new ReportService(address, credentials());
    this.token = token;
  }

  call(method, request, token = this.token) {
    const metadata = new grpc.Metadata();
    if (token) metadata.set('authorization', `Bearer ${token}`);
    return new Promise((resolve, reject) => {
      const deadline = new Date(Date.now() + 20000);
      this.stub[method](request, metadata, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }

  async errorOf(method, request, token) {
    try {
      await this.call(method, request, token);
    } catch (error) {
      return error;
    }
    throw new Error('expected the call to be refused');
  }
}

async function submitAndGet(client) {
  const request = newReport();
  const submitted = await client.call('submitReport', request);
  expect('one report a child', submitted.reports.length, 1);
  const again = await client.call('submitReport', request);
  expect('the same request_id gives the same report', again.reports[0].name, submitted.reports[0].name);
  const got = await client.call('getReport', { name: submitted.reports[0].name });
  expect("the sender's own words", got.submission.concern.what, request.submission.concern.what);
  expect("the handling is not the sender's", got.state, 'STATE_UNSPECIFIED');
}

async function submitABadOne(client) {
  const request = newReport();
  request.submission.child.identityNumber = '20120503-2393';
  delete request.submission.guardiansTold;
  const error = await client.errorOf('submitReport', request);
  expect('code', error.code, grpc.status.INVALID_ARGUMENT);
  const details = detailsOf(error);
  expect('reason', details['google.rpc.ErrorInfo'].reason, 'FIELD_INVALID');
  expect('fields', details['google.rpc.BadRequest'].fieldViolations.map((violation) => violation.field),
    ['submission.child.identity_number', 'submission.guardians_told']);
  expect('language', details['google.rpc.LocalizedMessage'].locale, 'sv-SE');
}

async function main() {
  const client = new Client(process.env.SAMVERKAN_INTAKE, process.env.SAMVERKAN_TOKEN);
  await submitAndGet(client);
  await submitABadOne(client);
  const refused = await client.errorOf('submitReport', newReport(), '');
  expect('code without a token', refused.code, grpc.status.UNAUTHENTICATED);
  client.stub.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
