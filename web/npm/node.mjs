// Node reads the wasm from beside this file, so that nothing is left to wait for.
import { readFileSync } from "node:fs";
import { initSync } from "./bulkhead.js";

initSync({ module: readFileSync(new URL("bulkhead_bg.wasm", import.meta.url)) });

export * from "./bulkhead.js";

/** Does nothing here; browsers have to wait for it. */
export default async function init() {}
