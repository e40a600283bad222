// The page with more than it can keep or show, in a real browser, by real input.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { folder, page, summary } from "./browser.mjs";

test("what cannot be judged hides nothing that is found behind it", async () => {
  const path = join(folder, "skipped.jsonl");
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "evil" }, spec: { hostPID: true } };
  writeFileSync(path, `${'{"a":1}\n'.repeat(2_100)}${JSON.stringify(pod)}\n`);
  await page(async (page) => {
    await page.getByLabel("Open a file").setInputFiles(path);
    await summary(page, "1 finding in 1 object or request, 1 denied");
    await page.getByRole("heading", { name: "Pod evil" }).waitFor();
    await page.getByText("and 300 more that are no Kubernetes objects: filter to see them").waitFor();
    await page.getByText("and 1,600 things that are no Kubernetes objects, which are counted and not kept").waitFor();
  });
});
