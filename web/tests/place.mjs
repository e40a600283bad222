// Where what is found stands in the editor: what is marked, and what a click selects.
import assert from "node:assert/strict";
import { test } from "node:test";
import { input, page, replace, summary } from "./browser.mjs";

const POD = "apiVersion: v1\nkind: Pod\nspec:\n";
const CONTAINERS = "  containers:\n  - name: a\n    securityContext:\n      capabilities:\n        add:";

/** What is found, by rule, and the text that it is. */
const PLACES = {
  "one key of several on a line": [POD.replace("spec:\n", "spec: {hostPID: true, hostIPC: true}\n"), [["host-pid", "hostPID: true"], ["host-ipc", "hostIPC: true"]]],
  "one item of several on a line": [`${POD}${CONTAINERS} [NET_ADMIN, SYS_ADMIN, CHOWN]`, [["capabilities", "SYS_ADMIN"], ["capabilities", "NET_ADMIN"]]],
  "an item with a line of its own": [`${POD}${CONTAINERS}\n        - SYS_ADMIN # why\n        - CHOWN`, [["capabilities", "SYS_ADMIN"]]],
  "JSON on one line": ['{"apiVersion": "v1", "kind": "Pod", "spec": {"hostPID": true, "hostUsers": true}}', [["host-pid", '"hostPID": true']]],
  "JSON lines": ['{"apiVersion":"v1","kind":"Pod","spec":{"hostPID":true,"x":1}}\n{"apiVersion":"v1","kind":"Pod","spec":{"hostIPC":true,"x":1}}', [["host-pid", '"hostPID":true'], ["host-ipc", '"hostIPC":true']]],
  "a block of lines": [`${POD}  volumes:\n  - name: é🚀\n    hostPath:\n      path: /\n      type: Directory\n  - name: b\n    emptyDir: {}`, [["host-path", "hostPath:\n      path: /\n      type: Directory"]]],
  "by way of an alias": [`${POD}  volumes:\n  - {name: "é🚀", hostPath: &root {path: /}}\n  - name: b\n    'hostPath': *root # as above`, [["host-path", "hostPath: &root {path: /}"]]],
};

for (const [name, [text, places]] of Object.entries(PLACES)) {
  test(`a click selects what is found and no more: ${name}`, () =>
    page(async (page) => {
      await replace(page, input(page), text);
      await summary(page, /^[12] findings? in [12] object/);
      const marked = await page.locator("#source .found").allTextContents();
      for (const [index, [rule, expected]] of places.entries()) {
        const nth = places.slice(0, index).filter(([other]) => other === rule).length;
        await page.getByRole("button", { name: ` ${rule}` }).nth(nth).click();
        assert.equal(await page.evaluate(() => String(document.querySelector("#source").shadowRoot.getSelection?.() ?? getSelection())), expected);
        // a line of its own for each
        for (const line of expected.split("\n")) assert.ok(marked.some((text) => text.trim() === line.trim()), `${line}: ${marked}`);
      }
      await page.getByRole("button", { name: ` ${places[0][0]}` }).first().click();
      await page.keyboard.press("Delete");
      const lines = await page.locator("#source .cm-line").allTextContents();
      assert.equal(lines.join("\n"), text.replace(places[0][1], ""));
    }));
}
