// pdf.js: node pdfjs.mjs .../pdf.mjs. It reads and answers as readers.py does.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

console.log = console.warn = () => {}; // what pdf.js prints is no answer
for (const drawing of ["DOMMatrix", "ImageData", "Path2D"]) globalThis[drawing] ??= class {}; // nothing is drawn
const { getDocument } = await import(process.argv[2]);

const scripts = (actions, saw) => {
  for (const [event, js] of Object.entries(actions ?? {})) saw("script", `${event}: ${js}`);
};

const link = (o, saw) => {
  if (o.unsafeUrl ?? o.url) saw("link", o.unsafeUrl ?? o.url);
  if (o.attachment) saw("action", "goes to an embedded file");
};

async function page(p, saw) {
  scripts(await p.getJSActions(), saw);
  for (const a of await p.getAnnotations()) {
    link(a, saw);
    scripts(a.actions, saw);
    if (a.file) saw("attachment", a.file.rawFilename ?? a.file.filename);
    if (a.richMedia) saw("action", "rich media");
  }
}

async function look(path, saw) {
  const task = getDocument({
    data: new Uint8Array(readFileSync(path)), verbosity: 0, enableXfa: true, isEvalSupported: false,
    useWorkerFetch: false, useSystemFonts: false, stopAtErrors: false,
  });
  try {
    const doc = await task.promise;
    scripts(await doc.getJSActions(), saw);
    for (const fields of Object.values((await doc.getFieldObjects()) ?? {})) {
      for (const f of fields) scripts(f.actions, saw);
    }
    const todo = [...((await doc.getOutline()) ?? [])];
    for (const o of todo) {
      link(o, saw);
      todo.push(...o.items);
    }
    for (const f of Object.values((await doc.getAttachments()) ?? {})) saw("attachment", f.rawFilename ?? f.filename);
    await doc.getMetadata().catch(() => {});
    if (doc.allXfaHtml || doc.isPureXfa) saw("action", "an XFA form");
    for (let i = 1; i <= Math.min(doc.numPages, 20); i++) await page(await doc.getPage(i), saw);
    return true;
  } finally {
    await task.destroy();
  }
}

for await (const path of createInterface({ input: process.stdin })) {
  const saw = [];
  const opened = await look(path, (kind, text) => saw.push([kind, String(text)])).catch(() => false);
  process.stdout.write(JSON.stringify({ opened, saw }) + "\n");
}
