// Everything that checks the browser's side, one after the other:
//
//   node bin/lint.mjs            check
//   node bin/lint.mjs --fix      put right what can be put right by itself
//
// Each tool is called by its own file, so neither npm nor npx has to be on the path. Exits 1 if one complains.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const fix = process.argv.includes("--fix");

/** @type {Record<string, string[]>} */
const TOOLS = {
  "eslint/bin/eslint.js": ["crm/static/js", "bin", ...(fix ? ["--fix"] : [])],
  "prettier/bin/prettier.cjs": [".", fix ? "--write" : "--check", "--log-level", "warn"],
  "stylelint/bin/stylelint.mjs": ["crm/static/css/*.css", ...(fix ? ["--fix"] : [])],
  "typescript-native/bin/tsc": ["--project", "."],
};

const complaints = Object.entries(TOOLS).filter(([tool, options]) => {
  const run = spawnSync(process.execPath, [`node_modules/${tool}`, ...options], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return run.status !== 0;
});
if (complaints.length) {
  console.error(
    `Not clean: ${complaints.map(([tool]) => tool.split("/")[0]).join(", ")}. Try: node bin/lint.mjs --fix`,
  );
  process.exit(1);
}
console.log("Scripts and styles are clean.");
