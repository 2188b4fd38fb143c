// Makes schema.json: what HashiCorp's AWS provider says of the resources that this module uses, in the
// form of `terraform providers schema -json`. The provider itself is no package of any language's
// registry, but its schema is printed in one: npm's @cdktf/provider-aws, where each attribute and
// block is a line of generated code.
//
//   npm pack @cdktf/provider-aws@21.22.1 && tar xzf cdktf-provider-aws-21.22.1.tgz
//   node schema.mjs package > schema.json
import { readFileSync } from "node:fs";
import { join } from "node:path";

const resources = [
  "cloudwatch_metric_alarm", "iam_role", "iam_role_policy", "s3_bucket", "s3_bucket_cors_configuration",
  "s3_bucket_lifecycle_configuration", "s3_bucket_notification", "s3_bucket_ownership_controls", "s3_bucket_policy",
  "s3_bucket_public_access_block", "s3_bucket_server_side_encryption_configuration", "s3_bucket_versioning",
  "sqs_queue", "sqs_queue_policy", "sqs_queue_redrive_allow_policy",
];
const dataSources = ["region"];

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node schema.mjs FOLDER_OF_THE_PACKAGE > schema.json");
  process.exit(2);
}

const scalars = { string: "string", number: "number", boolean: "bool", any: "dynamic" };

// typeOf turns the words of the bindings ("set", "stringList") into Terraform's ("set" of "string").
function typeOf(kind, storage) {
  if (kind === "simple") return scalars[storage];
  return [kind, scalars[storage.replace(/(List|Map)$/, "")] ?? "dynamic"];
}

// needed reads an interface of index.d.ts: the name of each field, and whether it may be left out.
function needed(dts, name) {
  const body = dts.match(new RegExp(`export interface ${name}(?: extends [^{]+)? \\{\\n([\\s\\S]*?)\\n\\}`))?.[1];
  if (body === undefined) throw new Error(`no interface ${name}`);
  const fields = {};
  for (const [, attribute, optional, type] of body.matchAll(/#(\w+) [^}]*\}[\s\S]*?readonly \w+(\??): ([^;]+);/g)) {
    fields[attribute] = { optional: optional === "?", many: /\[\]/.test(type) };
  }
  return fields;
}

// block reads the lines of a block: `name: {value: ..., isBlock: ..., type: ..., storageClassType: ...}`.
function block(js, dts, lines, interfaceName, top = false) {
  const fields = needed(dts, interfaceName);
  const attributes = {}, blocks = {};
  for (const [, name, value, isBlock, kind, storage] of lines.matchAll(
    /^ +(\w+): \{\n +value: (.+),\n +isBlock: (\w+),\n +type: "(\w+)",\n +storageClassType: "(\w+)",?\n/gm)) {
    const field = fields[name];
    if (!field) throw new Error(`${interfaceName} has no ${name}`);
    if (isBlock === "true") {
      const nested = value.match(/(\w+)ToHclTerraform/)[1];
      const inner = js.match(new RegExp(`function ${nested}ToHclTerraform\\(struct\\) \\{([\\s\\S]*?)\\n\\}`))[1];
      const rule = { nesting_mode: kind === "struct" ? "single" : kind, block: block(js, dts, inner, nested[0].toUpperCase() + nested.slice(1)) };
      if (rule.nesting_mode !== "single" && !field.optional) rule.min_items = 1;
      if (rule.nesting_mode !== "single" && !field.many) rule.max_items = 1;
      blocks[name] = rule;
      continue;
    }
    // The region of a resource, and its id, are known where they are not given.
    const computed = top && field.optional && (name === "id" || name === "region");
    attributes[name] = { type: typeOf(kind, storage), ...(field.optional ? { optional: true } : { required: true }), ...(computed && { computed }) };
  }
  return { ...(Object.keys(attributes).length && { attributes }), ...(Object.keys(blocks).length && { block_types: blocks }) };
}

const getters = { String: "string", Number: "number", NumberAttribute: "number", Boolean: "bool", List: ["list", "string"], StringMap: ["map", "string"] };

// whole reads a resource, a data source or the provider.
function whole(path) {
  const js = readFileSync(join(folder, "lib", path, "index.js"), "utf8");
  const dts = readFileSync(join(folder, "lib", path, "index.d.ts"), "utf8");
  const [, name] = js.match(/^class (\w+) extends cdktf\.Terraform(?:Resource|DataSource|Provider) /m);
  const own = js.slice(js.indexOf(`class ${name} extends`));
  const made = block(js, dts, own.slice(own.indexOf("synthesizeHclAttributes")), `${name}Config`, true);
  made.attributes ??= {};
  for (const [, attribute, getter] of own.matchAll(/\/\/ (\w+) - computed: true, optional: false, required: false\n[^}]*?get(\w+?)Attribute\(/g)) {
    made.attributes[attribute] = { type: getters[getter], computed: true };
  }
  return { version: 0, block: made };
}

const path = (name) => name.replaceAll("_", "-");
const version = readFileSync(join(folder, "lib/sqs-queue/index.js"), "utf8").match(/providerVersion: '([\d.]+)'/)[1];
const provider = whole("provider");
// It has an address for each of hundreds of services; the module's examples name two.
const services = provider.block.block_types.endpoints.block.attributes;
provider.block.block_types.endpoints.block.attributes = { s3: services.s3, sqs: services.sqs };

console.log(JSON.stringify({
  format_version: "1.0",
  provider_version: version,
  provider_schemas: {
    "registry.terraform.io/hashicorp/aws": {
      provider,
      resource_schemas: Object.fromEntries(resources.map((r) => [`aws_${r}`, whole(path(r))])),
      data_source_schemas: Object.fromEntries(dataSources.map((r) => [`aws_${r}`, whole(`data-aws-${path(r)}`)])),
    },
  },
}, null, 1));
