// Every page, as somebody uses it.

import { at, check, main, page, shot, sound } from "./browser.mjs";

export async function everything() {
  await executions();
  await approvals();
  await oneExecution();
  await position();
  await doubt();
  await catalogue();
  await form();
  await servers();
  await others();
  await audit();
}

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
  await page.keyboard.press("Escape");
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
  check((await page.title()).startsWith("("), "the title does not tell of questions");
  await sound("a hostile execution");
  await page.goBack();
  await main.getByRole("heading", { level: 1, name: "Executions" }).waitFor();
  check((await main.getByLabel("Text in program").inputValue()) === "hostile", "going back forgets the filter");
  await at("nowhere", "No such page");
}

async function approvals() {
  await at("approvals", "Approvals");
  const card = main.locator("[data-approval]").filter({ hasText: "salesforce" });
  await card.getByText("00Q000000000001").first().waitFor();
  await card.getByText("Against the call before").waitFor();
  const told = await card.innerText();
  check(told.includes("- "), "the difference to the call before is not shown");
  check(/1: const update/.test(told), "the line that asks is not shown");
  await sound("approvals");
  await shot("approvals");
  await card.getByLabel("Reason").fill("the console says so");
  await card.getByRole("button", { name: "Approve" }).click();
  await main.getByRole("region", { name: "Answered lately" }).getByText("the console says so").first().waitFor();
  const skill = main.locator("[data-approval]").filter({ hasText: "New skill: greet" });
  check((await skill.innerText()).includes("+ export function greet"), "what a skill brings is not shown");
  await skill.getByRole("button", { name: "Approve" }).click();
  await main.getByText("No call waits for approval.").waitFor();
  await sound("no approvals");
}

async function oneExecution() {
  await at("executions?text=getCustomer", "Executions");
  await main.locator(".line").filter({ hasText: "succeeded" }).first().click();
  await main.getByRole("region", { name: "Program" }).waitFor();
  await main.getByText("Tokens").first().waitFor();
  await main.getByRole("listbox", { name: "Calls" }).locator(".line").first().click();
  await main.getByRole("heading", { name: /^Call 1/ }).waitFor();
  check((await page.evaluate(() => location.hash)).endsWith("?call=1"), "the address does not keep the call");
  await main.locator(".code .row.seen").getByText("getCustomer").waitFor();
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
  await main.getByRole("button", { name: "3 calls of line 3" }).click();
  await main.getByText("3 fit; 4 of 4 calls").waitFor();
  await main.getByRole("button", { name: "of line 3 only" }).click();
  await main.getByRole("button", { name: "Show the journal" }).click();
  await main.getByRole("region", { name: "Journal" }).waitFor();
  await sound("an execution");
  await page.evaluate(() => scrollTo(0, 0));
  await shot("execution");
}

/** The mark moves with the program, without anybody asking; then it is ended. */
async function position() {
  await at("executions?status=running", "Executions");
  await main.locator(".line").filter({ hasText: "for (;;)" }).click();
  const here = main.locator(".code .row.here");
  for (const id of ["cust_0001", "cust_0002", "cust_0001"]) await here.getByText(id).waitFor();
  await main.getByRole("heading", { name: /Program: at line \d/ }).waitFor();
  await shot("running");
  await main.getByRole("button", { name: "Cancel" }).click();
  await main.locator(".tag").getByText("cancelled").waitFor();
  await here.waitFor({ state: "detached" });
}

/** A call whose process went away: a person looked, and says so. */
async function doubt() {
  await at("executions?text=pause", "Executions");
  await main.locator(".line").filter({ hasText: "lines.append" }).click();
  await main.getByText("Its process is gone: say what became of it").click();
  await sound("a call in doubt");
  await main.getByLabel("Answer of call 1 as JSON").fill('{"said": "as found"}');
  await main.getByRole("button", { name: "Was done" }).click();
  await main.locator(".tag").getByText("succeeded").waitFor();
  await main.getByRole("region", { name: "Result" }).getByText("as found").waitFor();
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

/** Objects in objects, lists and choices become what the schema says. */
async function form() {
  await at("catalogue/lines/order", "Catalogue");
  await main.getByRole("heading", { name: "lines.order" }).waitFor();
  await main.getByLabel("name (required)").fill("Ada");
  await main.getByLabel("city").fill("London");
  await main.getByLabel("zip").fill("12");
  await main.getByLabel("express").selectOption("true");
  await main.getByLabel("speed").selectOption("fast");
  await main.getByLabel("items (JSON)").fill("[1, ");
  await main.getByRole("button", { name: "Call it" }).click();
  await main.getByText("items: this is not JSON").waitFor();
  await main.getByLabel("items (JSON)").fill('[{"sku": "a"}]');
  await sound("a form");
  await main.getByRole("button", { name: "Call it" }).click();
  const told = await main.locator("form").getByRole("region", { name: "Answer" }).innerText();
  const wanted = {
    customer: { name: "Ada", address: { city: "London", zip: 12 } },
    express: true,
    items: [{ sku: "a" }],
    speed: "fast",
  };
  const sorted = (value) => JSON.stringify(value, (_, one) => (one && !Array.isArray(one) && typeof one === "object" ? Object.fromEntries(Object.entries(one).sort()) : one));
  check(sorted(JSON.parse(told).given) === sorted(wanted), `the form sent ${told}`);
}

async function servers() {
  await at("servers", "Servers");
  const card = main.locator("article").filter({ hasText: "crm" }).first();
  await sound("servers");
  await shot("servers");
  await card.getByRole("button", { name: "Restart" }).click();
  await page.locator("#said").getByText("crm was started again").waitFor();
}

async function others() {
  await at("skills", "Skills");
  await main.getByRole("button", { name: "greet", exact: true }).click();
  await main.getByRole("heading", { name: "Versions" }).waitFor();
  await main.locator(".tag").getByText("active").waitFor();
  await sound("skills");
  await at("policies?server=salesforce&tool=update_record", "Policies");
  await main.getByLabel("Arguments (JSON)").fill('{"recordId": "00Q000000000001"}');
  await main.getByRole("button", { name: "Decide" }).click();
  await main.getByRole("region", { name: "Every rule" }).getByText("matches").waitFor();
  await sound("policies");
  await main.getByLabel("Arguments (JSON)").fill('{"recordId": "00Q000000000002"}');
  await main.getByRole("button", { name: "Decide" }).click();
  await main.getByRole("region", { name: "Every rule" }).getByText("no: ").first().waitFor();
  await at("figures", "Charts");
  await main.getByRole("img", { name: /Tokens/ }).waitFor();
  await sound("charts");
  await shot("charts");
}

async function audit() {
  await at("audit", "Audit");
  const lines = main.getByRole("listbox", { name: "Audit rows" }).locator(".line");
  await main.getByLabel("Server").fill("lines");
  await lines.filter({ hasText: "crm" }).first().waitFor({ state: "detached" });
  await lines.filter({ hasText: "resolve" }).waitFor();
  await main.getByLabel("Server").fill("");
  await main.getByLabel("Decision").fill("call, shown to the holder of the token in the console: a support case");
  await lines.filter({ hasText: "reveal" }).first().click();
  await main.getByRole("button", { name: "Verify the chain" }).click();
  await main.getByText("as they were written").waitFor();
  await sound("audit");
  await main.getByLabel("Decision").fill("no such decision");
  await main.getByText("No row fits.").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
}
