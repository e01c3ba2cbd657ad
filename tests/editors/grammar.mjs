// Reads every Pol file of the project with the TextMate grammar of editors/vscode, as an editor does, and holds its
// colours against a lexer made of grammar/Pol.g4's own words; then has polc read every snippet.
//
// What has to be so: comments, strings and numbers are coloured as what they are, from their first to their last
// character; every reserved word is a keyword of some kind, but where it names an attribute or stands behind a dot;
// what is no word of the language is never a keyword; and the grammar knows no word that the language does not have.
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const require = createRequire(process.env.POLC_NODE_MODULES);
const oniguruma = require("vscode-oniguruma");
const textmate = require("vscode-textmate");

const root = path.resolve(import.meta.dirname, "../..");
const extension = path.join(root, "editors/vscode");
const manifest = JSON.parse(fs.readFileSync(path.join(extension, "package.json"), "utf8"));
const problems = [];
const problem = (where, what) => problems.length < 20 && problems.push(`${where}: ${what}`);

// The words of the language.
const antlr = fs.readFileSync(path.join(root, "grammar/Pol.g4"), "utf8");
const ruleWords = (name) => {
  const body = antlr.match(new RegExp(`^${name}\\s*:([^;]*);`, "m"))[1];
  return new Set([...body.matchAll(/'([^']+)'/g)].map((m) => m[1]));
};
const reserved = ruleWords("reserved"), soft = ruleWords("soft");

async function loadGrammar() {
  const wasm = fs.readFileSync(path.join(process.env.POLC_NODE_MODULES, "vscode-oniguruma/release/onig.wasm"));
  await oniguruma.loadWASM(wasm);
  const [entry] = manifest.contributes.grammars;
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (s) => new oniguruma.OnigString(s),
    }),
    loadGrammar: async (scope) =>
      scope === entry.scopeName
        ? textmate.parseRawGrammar(fs.readFileSync(path.join(extension, entry.path), "utf8"), entry.path)
        : null,
  });
  return registry.loadGrammar(entry.scopeName);
}

// The tokens of a line by the language's rules: { kind, from, to, text }.
const kinds = [
  ["comment", /\/\/.*/y],
  ["string", /"(?:\\.|[^"\\])*"/y],
  ["number", /\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{3})?(?:Z|[+-]\d\d:?\d\d))?/y],
  ["number", /\d\d:\d\d/y],
  ["number", /\d+\.\d+\.\d+\.\d+(?:\/\d+)?/y],
  ["number", /\d+(?:\.\d+)?%/y],
  ["number", /(?:\d+(?:d|h|ms|m|s))+/y],
  ["number", /\d+\.\d+|\d+/y],
  ["word", /[A-Za-z_]\w*/y],
  ["other", /[^\s]/y],
];
function lex(line) {
  const tokens = [];
  for (let at = 0; at < line.length; ) {
    if (/\s/.test(line[at])) {
      ++at;
      continue;
    }
    for (const [kind, pattern] of kinds) {
      pattern.lastIndex = at;
      const found = pattern.exec(line);
      if (!found) continue;
      tokens.push({ kind, from: at, to: at + found[0].length, text: found[0] });
      at += found[0].length;
      break;
    }
  }
  return tokens;
}

// What a token's scopes have to start with.
const wanted = { comment: "comment.", string: "string.", number: "constant.numeric." };
const isKeyword = (scope) => /^(keyword|variable\.language|constant\.language|storage)\./.test(scope) &&
  scope !== "keyword.operator.pol" && scope !== "keyword.operator.optional.pol";
const counts = { files: 0, lines: 0, tokens: 0, comment: 0, string: 0, number: 0, keyword: 0, name: 0 };

function checkLine(where, line, coloured) {
  const scopeAt = (at) => coloured.find((t) => at >= t.startIndex && at < t.endIndex).scopes;
  const tokens = lex(line);
  tokens.forEach((token, i) => {
    ++counts.tokens;
    const here = `${where}:${token.from + 1}`;
    if (wanted[token.kind]) {
      ++counts[token.kind];
      for (let at = token.from; at < token.to; ++at) {
        if (!scopeAt(at).some((s) => s.startsWith(wanted[token.kind]))) {
          problem(here, `\`${token.text}\` is a ${token.kind} and is coloured ${scopeAt(at).join(" ")}`);
          break;
        }
      }
      return;
    }
    if (token.kind !== "word") return;
    const scope = scopeAt(token.from).at(-1);
    const behindDot = tokens[i - 1]?.text === ".";
    const next = tokens[i + 1]?.text === "?" ? tokens[i + 2] : tokens[i + 1];
    const named = behindDot || next?.text === ":";
    if (reserved.has(token.text) && !named && token.text !== "Set") {
      ++counts.keyword;
      if (!isKeyword(scope)) problem(here, `the word \`${token.text}\` is coloured ${scope}`);
    } else if (!reserved.has(token.text) && !soft.has(token.text)) {
      ++counts.name;
      if (isKeyword(scope)) problem(here, `the name \`${token.text}\` is coloured ${scope}`);
    } else if (behindDot && isKeyword(scope)) {
      problem(here, `\`${token.text}\` behind a dot is coloured ${scope}`);
    }
  });
}

function checkFile(grammar, file) {
  ++counts.files;
  let stack = textmate.INITIAL;
  fs.readFileSync(file, "utf8").split("\n").forEach((line, n) => {
    ++counts.lines;
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    checkLine(`${path.relative(root, file)}:${n + 1}`, line, tokens);
  });
}

// Pol files that are well-formed: those of examples, library and tests.
function polFiles() {
  const listed = execFileSync("find", ["examples", "stdlib", "tests/pol", "-name", "*.pol"], { cwd: root, encoding: "utf8" });
  return listed.trim().split("\n").sort().map((f) => path.join(root, f));
}

// A snippet as it stands once every placeholder is left at what it proposes.
const expand = (body) =>
  body.join("\n").replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, "$1").replace(/\$\{\d+:((?:[^}\\]|\\.)*)\}/g, "$1").replace(/\$\d/g, "");

function checkSnippets() {
  const [entry] = manifest.contributes.snippets;
  const snippets = JSON.parse(fs.readFileSync(path.join(extension, entry.path), "utf8"));
  const order = ["Policy header", "Agent", "Action class", "Action"];
  const text = (name) => expand(snippets[name].body);
  const model = [text("Policy header"), "group Team\nperson Human in Team", text("Agent"), "resource Service",
    text("Action class"), text("Action"), "action dry_restart in restarts by Agent on Service", "limit kind timeout : Duration, lowest wins"].join("\n");
  for (const name of Object.keys(snippets)) {
    const whole = order.includes(name) ? model : model + "\n" + text(name);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "polc-snippet-"));
    fs.writeFileSync(path.join(folder, "snippet.pol"), whole);
    const ran = spawnSync(process.env.POLC, ["check", "--lints", "none", "snippet.pol"], { encoding: "utf8", cwd: folder });
    fs.rmSync(folder, { recursive: true });
    if (ran.status !== 0) problem(`snippet ${name}`, `polc refuses it:\n${whole}\n${ran.stdout}${ran.stderr}`);
  }
  return Object.keys(snippets).length;
}

const grammar = await loadGrammar();
for (const file of polFiles()) checkFile(grammar, file);
const text = fs.readFileSync(path.join(extension, manifest.contributes.grammars[0].path), "utf8");
const known = new Set([...reserved, ...soft]);
for (const [, alternatives] of JSON.stringify(JSON.parse(text)).matchAll(/\((?!\?)([a-z_|]+(?:\|[a-z_]+)+)\)/g)) {
  for (const word of alternatives.split("|")) {
    if (!known.has(word)) problem("pol.tmLanguage.json", `\`${word}\` is no word of Pol`);
  }
}
const snippets = checkSnippets();
console.log(`${counts.files} files, ${counts.lines} lines, ${counts.tokens} tokens: ${counts.comment} comments, ` +
  `${counts.string} strings, ${counts.number} numbers, ${counts.keyword} reserved words, ${counts.name} names; ${snippets} snippets`);
for (const p of problems) console.error(p);
process.exit(problems.length || counts.files < 10 ? 1 : 0);
