// Builds what the browser loads: crm/static/built/ with hashed names and a manifest.json.
//
//   node bin/assets.mjs
//
// In: crm/static/css/app.css, crm/static/js/{app,theme}.js, crm/static/images/mark.svg, and the Lucide icons
// that templates and scripts name. Out: each file under a name that carries its content's hash, so that it can
// be cached for good, beside its gzip and brotli form; manifest.json maps "app.css" to that name.
// The manifest is written last and what was built in the last day stays: a server that runs meanwhile misses nothing.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const STATIC = join(ROOT, "crm/static");
const BUILT = join(STATIC, "built");
const LUCIDE = join(ROOT, "node_modules/lucide-static/icons");

/** Browser floor of the design: light-dark() and nesting are native there, so neither is rewritten. */
const TARGET = ["safari17.5", "chrome123", "firefox125"];

/** Milliseconds for which files of earlier builds stay. */
const KEPT_FOR = 24 * 60 * 60 * 1000;

/** @param {string} entry path under crm/static; @returns {Promise<Uint8Array>} the minified bundle */
async function bundled(entry) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(STATIC, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: TARGET,
    legalComments: "none",
  });
  return result.outputFiles[0].contents;
}

/** @param {string} folder; @param {RegExp} name; @returns {Promise<string>} the text of all such files below it */
async function textOf(folder, name) {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const wanted = files.filter((file) => file.isFile() && name.test(file.name));
  const texts = await Promise.all(wanted.map((file) => readFile(join(file.parentPath, file.name), "utf8")));
  return texts.join("\n");
}

/**
 * The icons in use: every literal icon("…") and icon_name="…" of templates and scripts, and every name that a component
 * looks up, which it lists as {# icons: phone mail … #}.
 * @returns {Promise<string[]>} in order
 */
async function iconNames() {
  const text =
    (await textOf(join(ROOT, "crm/templates"), /\.html$/)) + (await textOf(join(STATIC, "js"), /\.js$/));
  const literal = [...text.matchAll(/\bicon(?:\(|_name=)\s*["']([a-z0-9-]+)["']/g)].map((match) => match[1]);
  const listed = [...text.matchAll(/\{#-?\s*icons:([a-z0-9\s-]+?)-?#\}/g)].flatMap((match) =>
    match[1].trim().split(/\s+/),
  );
  return [...new Set([...literal, ...listed])].sort();
}

/** @param {string[]} names; @returns {Promise<string>} one SVG, a symbol an icon */
async function sprite(names) {
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(LUCIDE, `${name}.svg`), "utf8").catch(() => {
        throw new Error(
          `No Lucide icon is called "${name}". See node_modules/lucide-static/icons for the names.`,
        );
      });
      const drawing = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
      return `<symbol id="${name}" viewBox="0 0 24 24">${drawing
        .replace(/\s+/g, " ")
        .replace(/ ?(\/?>) ?/g, "$1")
        .trim()}</symbol>`;
    }),
  );
  return `<!-- Lucide, ISC licence --><svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** Writes through a temporary name, so that nobody reads half a file. @param {string} name; @param {string | Uint8Array} content */
async function put(name, content) {
  const path = join(BUILT, name);
  await writeFile(`${path}.part`, content);
  await rename(`${path}.part`, path);
}

const icons = await iconNames();
const assets = {
  "app.css": await bundled("css/app.css"),
  "app.js": await bundled("js/app.js"),
  "theme.js": await bundled("js/theme.js"),
  "icons.svg": await sprite(icons),
  "mark.svg": await readFile(join(STATIC, "images/mark.svg")),
};

await mkdir(BUILT, { recursive: true });
/** @type {Record<string, string>} */
const manifest = {};
const sizes = [];
for (const [name, content] of Object.entries(assets)) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const hashed = name.replace(".", `-${hash}.`);
  const packed = brotliCompressSync(content);
  await put(hashed, content);
  await put(`${hashed}.br`, packed);
  await put(`${hashed}.gz`, gzipSync(content, { level: 9 }));
  manifest[name] = hashed;
  sizes.push(`${name} ${(packed.length / 1024).toFixed(1)} KiB`);
}
await put("manifest.json", `${JSON.stringify(manifest, null, 2)}\n`);
const current = new Set(["manifest.json", ...Object.values(manifest)]);
for (const file of await readdir(BUILT)) {
  const path = join(BUILT, file);
  const isOld = Date.now() - (await stat(path)).mtimeMs > KEPT_FOR;
  if (isOld && !current.has(file.replace(/\.(br|gz)$/, ""))) await rm(path);
}

console.log(`Assets built, ${icons.length} icons: ${sizes.join(", ")} (brotli).`);
