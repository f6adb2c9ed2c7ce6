// The console without a mouse: from the login over an answer to a question and back, with keys alone.

import { TOKEN, URL_, check, main, page, sound } from "./browser.mjs";

const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const focused = () =>
  page.evaluate(() => {
    const now = document.activeElement;
    return `${now.tagName} ${now.getAttribute("aria-label") ?? now.textContent.slice(0, 60)}`;
  });

/** Tabs until something that fits has the focus, and somebody can see that it has. */
async function tab(fits) {
  for (let step = 0; step < 60; step += 1) {
    await press("Tab");
    const now = await focused();
    if (fits.test(now)) {
      const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
      check(ring !== "none", `${now} does not show that it has the focus`);
      return;
    }
  }
  throw new Error(`no Tab leads to ${fits}`);
}

export async function keyboard() {
  await page.goto(`${URL_}/console/`);
  await page.getByLabel("Token").waitFor();
  await page.keyboard.type(TOKEN);
  await press("Enter");
  await main.getByRole("heading", { name: "Executions" }).waitFor();
  await page.reload();
  await main.getByRole("heading", { name: "Executions" }).waitFor();
  await press("Tab");
  check(/Skip to content/.test(await focused()), "the first Tab does not offer to skip");
  await press("Enter");
  await press("?");
  await page.getByRole("dialog").getByText("go to the search field").waitFor();
  await sound("keys");
  await press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await press("g", "a");
  await main.getByRole("heading", { name: "Approvals" }).waitFor();
  await tab(/^BUTTON Approve/);
  await press("Enter");
  await main.getByText("No call waits for approval.").waitFor();
  await press("g", "e");
  await main.getByRole("heading", { name: "Executions" }).waitFor();
  await main.locator(".line").filter({ hasText: "succeeded" }).first().waitFor();
  await press("/");
  await page.keyboard.type("update");
  await page.waitForFunction(() => location.hash.includes("text=update"));
  await press("Escape", "j", "k", "Enter");
  await main.getByRole("heading", { level: 1, name: "Execution" }).waitFor();
  await main.getByRole("listbox", { name: "Calls" }).locator(".line").first().waitFor();
  await tab(/^DIV Calls/);
  await press("End", "Enter");
  await main.getByRole("heading", { name: /^Call 2/ }).waitFor();
  await tab(/^PRE Arguments/);
  await page.goBack();
  await main.getByRole("heading", { name: "Executions" }).waitFor();
}
