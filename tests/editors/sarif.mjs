// Holds what `polc check --format sarif` prints against the schema of SARIF 2.1.0: of sets with findings of every
// severity, of sets without any, of files that cannot be read.
import { createRequire } from "node:module";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const require = createRequire(process.env.POLC_NODE_MODULES);
const Ajv = require("ajv-draft-04").default;
const formats = require("ajv-formats").default;
const schema = JSON.parse(
  fs.readFileSync(path.join(process.env.POLC_NODE_MODULES, "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));

const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
formats(ajv);
const validate = ajv.compile(schema);

const root = path.resolve(import.meta.dirname, "../..");
const cases = [
  { name: "clean", file: "a.pol", text: "person Human\n" },
  { name: "errors", file: "a.cedar", text: 'permit (principal, action, resource) when { 1 + };\nforbid (x);\n' },
  { name: "warnings and notes", file: "a.cedar", text: 'permit (principal, action, resource) when { true };\npermit (principal, action, resource);\n' },
  { name: "characters", file: "ä b.pol", text: 'rule größe allow\n"offen\n' },
  { name: "missing file", file: null, text: "" },
];
let failed = 0, results = 0;
const check = (name, args, cwd) => {
  const ran = spawnSync(process.env.POLC, ["check", "--format", "sarif", "--lints", "all", ...args], { cwd, encoding: "utf8" });
  const log = JSON.parse(ran.stdout);
  results += log.runs[0].results.length;
  if (validate(log)) return;
  ++failed;
  console.error(`${name}: ${ajv.errorsText(validate.errors, { separator: "\n  " })}`);
};
for (const c of cases) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "polc-sarif-"));
  if (c.file) fs.writeFileSync(path.join(folder, c.file), c.text);
  check(c.name, [c.file ?? "nowhere.pol"], folder);
  fs.rmSync(folder, { recursive: true });
}
for (const example of fs.readdirSync(path.join(root, "examples"), { withFileTypes: true })) {
  const folder = path.join(root, "examples", example.name);
  if (fs.existsSync(path.join(folder, "polc.toml"))) check(example.name, [], folder);
}
// The schema itself must be able to say no.
if (validate({ version: "2.1.0", runs: [{ results: [] }] })) ++failed;
console.log(`${results} results checked against SARIF 2.1.0, ${failed} documents refused`);
process.exit(failed || results < 5 ? 1 : 0);
