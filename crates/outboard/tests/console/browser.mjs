// A browser on the console, and what a page has to be for everybody. Used by the walks beside it.
//
// CONSOLE_URL, CONSOLE_TOKEN: where; TOOLS: where playwright-core and axe-core are; SHOTS: a folder for pictures.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.TOOLS}/`);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const [URL_, TOKEN, SHOTS] = [process.env.CONSOLE_URL, process.env.CONSOLE_TOKEN, process.env.SHOTS];

// Long, as nothing here is judged by its time: machines that do other work too take several times as long.
const PATIENCE = 180_000;

/** What is wrong, and how long things took. */
export const wrong = [];
export const times = {};
export const check = (fine, text) => {
  if (!fine) wrong.push(text);
};

const browser = await chromium.launch({
  timeout: PATIENCE,
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
export const close = () => browser.close();

const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: "reduce" });
await context.addInitScript(() => {
  window.pwned = 0;
  window.alert = () => {
    window.pwned += 1;
  };
});
export const page = await context.newPage();
page.setDefaultTimeout(PATIENCE);
page.on("pageerror", (error) => wrong.push(`a script failed: ${error.message}`));
page.on("console", (message) => {
  // A session that is not there yet, a login that is refused and a call that is not kept are told by the browser too.
  if (message.type() === "error" && !/status of 40[01]/.test(message.text()))
    wrong.push(`the browser complains: ${message.text()}`);
});
page.on("response", async (response) => {
  if (response.status() < 500) return;
  const told = await response.text().catch(() => "");
  wrong.push(`${response.request().method()} ${response.url()} gave ${response.status()}: ${told.slice(0, 300)}`);
});
page.on("dialog", (dialog) => {
  wrong.push(`a dialog opened: ${dialog.message()}`);
  dialog.dismiss();
});
page.on("request", (request) => {
  if (!request.url().startsWith(URL_)) wrong.push(`something was fetched from elsewhere: ${request.url()}`);
});

export const main = page.locator("#main");
export const at = async (name, title) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${name}`);
  await main.getByRole("heading", { level: 1, name: title }).waitFor();
};

export const shot = async (name) => {
  if (!SHOTS) return;
  await page.evaluate(() => {
    scrollTo(0, 0);
    document.getElementById("said").textContent = "";
  });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${SHOTS}/${name}${colorScheme === "dark" ? "-dark" : ""}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
};

/** Nothing serious for those who hear or see the page differently, and nothing beside a narrow one. */
export async function sound(name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const found = await page.evaluate(async (axe) => {
      if (!window.axe) new Function(axe)();
      const { violations, passes } = await window.axe.run(document);
      // A look that found nothing to look at proves nothing.
      if (passes.length < 5) return [`only ${passes.length} rules had something to look at`];
      return violations
        .filter((one) => ["serious", "critical"].includes(one.impact))
        .map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary?.slice(0, 200)}`);
    }, AXE);
    found.forEach((one) => wrong.push(`${name}, ${colorScheme}: ${one}`));
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 360, height: 740 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  check(wide <= 360, `${name} is ${wide} wide at 360`);
  await page.setViewportSize({ width: 1200, height: 900 });
  const markup = await page.evaluate(
    () =>
      document.querySelectorAll("#main img, #main script, #main iframe, #main [onerror], #main a[href^=javascript]")
        .length + window.pwned,
  );
  check(markup === 0, `${name}: text became markup`);
}
