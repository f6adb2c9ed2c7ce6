// Walks through the console in a real browser, and says what is wrong. Started by the test beside it.
//
// CONSOLE_URL, CONSOLE_TOKEN: where; TOOLS: where playwright-core and axe-core are; SHOTS: a folder for pictures.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.TOOLS}/`);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [URL_, TOKEN, SHOTS] = [process.env.CONSOLE_URL, process.env.CONSOLE_TOKEN, process.env.SHOTS];
const wrong = [];
const times = {};
const check = (fine, text) => {
  if (!fine) wrong.push(text);
};

const browser = await chromium.launch({
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
const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, reducedMotion: "reduce" });
await context.addInitScript(() => {
  window.pwned = 0;
  window.alert = () => {
    window.pwned += 1;
  };
});
const page = await context.newPage();
page.setDefaultTimeout(30000);
page.on("pageerror", (error) => wrong.push(`a script failed: ${error.message}`));
page.on("console", (message) => {
  // A session that is not there yet, or a login that is refused, is told by the browser too.
  if (message.type() === "error" && !/status of 40[01]/.test(message.text()))
    wrong.push(`the browser complains: ${message.text()}`);
});
page.on("dialog", (dialog) => {
  wrong.push(`a dialog opened: ${dialog.message()}`);
  dialog.dismiss();
});
page.on("request", (request) => {
  if (!request.url().startsWith(URL_)) wrong.push(`something was fetched from elsewhere: ${request.url()}`);
});

const main = page.locator("#main");
const at = async (name, title) => {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${name}`);
  await main.getByRole("heading", { level: 1, name: title }).waitFor();
};
const shot = async (name) => {
  if (!SHOTS) return;
  await page.evaluate(() => {
    scrollTo(0, 0);
    document.getElementById("said").textContent = "";
  });
  await page.screenshot({ path: `${SHOTS}/${name}.png` });
};

/** Nothing serious for those who hear or see the page differently, and nothing beside a narrow one. */
async function sound(name) {
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

async function enter() {
  await page.goto(`${URL_}/console/`);
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await main.getByText("does not open the console").waitFor();
  await sound("login");
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await main.getByRole("heading", { name: "Executions" }).waitFor();
  await page.reload();
  await main.getByRole("heading", { name: "Executions" }).waitFor();
}

const WALKS = {
  async everything() {
    await executions();
    await approvals();
    await oneExecution();
    await cancelled();
    await catalogue();
    await servers();
    await others();
  },
  async large() {
    let began = Date.now();
    await page.goto(`${URL_}/console/#/executions`);
    await page.reload();
    await main.locator(".line").first().waitFor();
    times.list_ms = Date.now() - began;
    began = Date.now();
    await main.locator("[role=listbox]").focus();
    for (let step = 0; step < 5; step += 1) {
      await page.keyboard.press("End");
      await page.waitForTimeout(150);
    }
    const shown = await main.getByRole("status").textContent();
    check(
      parseInt(shown.replace(/\D*(\d[\d.,\s]*).*/u, "$1").replace(/\D/g, ""), 10) >= 300,
      `scrolling gave ${shown}`,
    );
    times.lines = await main.locator(".line").count();
    check(times.lines < 100, `${times.lines} lines are in the page`);
    began = Date.now();
    await main.getByLabel("Text in program").fill("needle");
    await main.locator(".line").getByText("return 'needle'").waitFor();
    times.search_ms = Date.now() - began;
    await page.evaluate(() => {
      location.hash = "#/executions/ex_large";
    });
    began = Date.now();
    await main.getByRole("listbox", { name: "Calls" }).locator(".line").first().waitFor();
    times.calls_ms = Date.now() - began;
    await main.getByText("10,000 of 10,000 calls").waitFor();
    times.all_calls_ms = Date.now() - began;
    const box = main.getByRole("listbox", { name: "Calls" });
    await box.focus();
    await page.keyboard.press("End");
    await box.getByText("10000 crm.get_customer").waitFor();
    check((await box.getByRole("option").count()) < 60, "all calls are in the page");
    check(times.list_ms < 10000 && times.calls_ms < 10000, `slow: ${JSON.stringify(times)}`);
  },
};

async function executions() {
  const lines = main.getByRole("listbox", { name: "Executions" }).locator(".line");
  await lines.first().waitFor();
  await sound("executions");
  await shot("executions");
  await main.getByLabel("Status").selectOption("failed");
  await lines.filter({ hasText: "succeeded" }).first().waitFor({ state: "detached" });
  check(
    (await lines.count()) > 0 && (await lines.count()) === (await lines.filter({ hasText: "failed" }).count()),
    "the filter shows others, or nothing",
  );
  await main.getByLabel("Status").selectOption("");
  await page.locator("body").press("/");
  await page.keyboard.type("hostile");
  await page.waitForFunction(() => location.hash.includes("text=hostile"));
  await lines.filter({ hasText: "crm" }).first().waitFor({ state: "detached" });
  await lines.filter({ hasText: "hostile" }).waitFor();
  await page.locator("body").press("Escape");
  await main.locator("[role=listbox]").focus();
  await page.keyboard.press("k");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await main.getByRole("heading", { level: 1, name: "Execution" }).waitFor();
  await main.getByRole("region", { name: "Program" }).waitFor();
  const told = await main.innerText();
  for (const text of [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "javascript:alert(3)",
    "\\u{202e}",
  ]) {
    check(told.includes(text), `${text} is not shown as it is`);
  }
  check(!told.includes("\u202e") && !told.includes("\0"), "characters that reorder text are not made visible");
  await sound("a hostile execution");
}

async function approvals() {
  await at("approvals", "Approvals");
  const card = main.locator("[data-approval]").first();
  await card.getByText("00Q000000000001").first().waitFor();
  await card.getByText("Against the call before").waitFor();
  check((await card.innerText()).includes("- "), "the difference to the call before is not shown");
  await sound("approvals");
  await shot("approvals");
  await card.getByLabel("Reason").fill("the console says so");
  await card.getByRole("button", { name: "Approve" }).click();
  await main.getByText("No call waits for approval.").waitFor();
  await main.getByRole("region", { name: "Answered lately" }).getByText("the console says so").first().waitFor();
}

async function oneExecution() {
  await at("executions?text=getCustomer", "Executions");
  await main.locator(".line").filter({ hasText: "succeeded" }).first().click();
  await main.getByRole("region", { name: "Program" }).waitFor();
  await main.getByText("Tokens").first().waitFor();
  await main.getByRole("listbox", { name: "Calls" }).locator(".line").first().click();
  await main.getByRole("heading", { name: /^Call 1/ }).waitFor();
  const answer = main.getByRole("region", { name: "Answer" });
  check(/\[EMAIL_\d+\]/.test(await answer.innerText()), "private values are shown without being asked for");
  const card = main.locator(".card").filter({ hasText: "Call 1:" });
  await card.getByText("Private values are tokens here").click();
  await card.getByLabel("Reason").fill("a support case");
  await card.getByRole("button", { name: "Reveal" }).click();
  await card
    .getByText(/@[a-z.-]+/)
    .first()
    .waitFor();
  await main.getByRole("button", { name: "Show the journal" }).click();
  await main.getByRole("region", { name: "Journal" }).waitFor();
  await sound("an execution");
  await page.evaluate(() => scrollTo(0, 0));
  await shot("execution");
}

async function cancelled() {
  await at("executions?status=running", "Executions");
  await main.locator(".line").filter({ hasText: "sleep" }).click();
  await main.getByRole("button", { name: "Cancel" }).click();
  await main.locator(".tag").getByText("cancelled").waitFor();
}

async function catalogue() {
  await at("catalogue", "Catalogue");
  await main.getByLabel("Search").fill("get customer");
  await main.locator(".line").filter({ hasText: "crm.get_customer" }).first().click();
  await main.getByRole("heading", { name: "crm.get_customer" }).waitFor();
  await main.getByLabel(/^id/).fill("cust_0001");
  await sound("catalogue");
  await shot("catalogue");
  await main.getByRole("button", { name: "Call it" }).click();
  await main.locator("form").getByRole("region", { name: "Answer" }).or(main.locator(".problem")).first().waitFor();
  await main.getByLabel("Search").fill("hostile listing");
  await main.locator(".line").filter({ hasText: "strange." }).first().click();
  await main.getByRole("heading", { name: /strange\./ }).waitFor();
  check(
    (await main.innerText()).includes("<img src=x onerror=alert(4)>"),
    "a hostile description is not shown as it is",
  );
  await sound("a hostile tool");
}

async function servers() {
  await at("servers", "Servers");
  const card = main.locator("article").filter({ hasText: "crm" }).first();
  await sound("servers");
  await card.getByRole("button", { name: "Restart" }).click();
  await page.locator("#said").getByText("crm was started again").waitFor();
}

async function others() {
  await at("skills", "Skills");
  await main.getByRole("button", { name: "greet", exact: true }).click();
  await main.getByRole("heading", { name: "Versions" }).waitFor();
  await sound("skills");
  await at("policies", "Policies");
  await main.getByLabel("Server").fill("salesforce");
  await main.getByLabel("Tool").fill("update_record");
  await main.getByLabel("Arguments (JSON)").fill('{"recordId": "00Q000000000001"}');
  await main.getByRole("button", { name: "Decide" }).click();
  await main.getByRole("region", { name: "Every rule" }).getByText("matches").waitFor();
  await sound("policies");
  await at("figures", "Charts");
  await main.getByRole("img", { name: /Tokens/ }).waitFor();
  await sound("charts");
  await shot("charts");
  await at("audit", "Audit");
  await main.getByLabel("Decision").fill("call, shown to the holder of the token in the console: a support case");
  await main.locator(".line").filter({ hasText: "reveal" }).first().click();
  await main.getByRole("button", { name: "Verify the chain" }).click();
  await main.getByText("as they were written").waitFor();
  await sound("audit");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
}

try {
  await enter();
  await WALKS[process.argv[2]]();
} catch (error) {
  wrong.push(
    `the walk stopped: ${error.message}\n${error.stack
      ?.split("\n")
      .filter((line) => line.includes("walk.mjs"))
      .slice(0, 3)
      .join("\n")}\nthe page says: ${(await main.innerText().catch(() => "nothing")).slice(0, 1500)}`,
  );
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/stopped.png` }).catch(() => null);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ wrong, times }, null, 1));
process.exitCode = wrong.length === 0 ? 0 : 1;
