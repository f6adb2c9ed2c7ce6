// Walks through the console in a real browser, and says what is wrong. Started by the test beside it.

import { writeFileSync } from "node:fs";
import { SHOTS, TOKEN, URL_, check, close, main, page, sound, times, wrong } from "./browser.mjs";
import { keyboard } from "./keyboard.mjs";
import { large } from "./large.mjs";
import { everything } from "./pages.mjs";

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

/** Somebody with the token of a principal: its executions, and no way to anything else. */
async function principal() {
  await enter();
  await main.locator(".line").filter({ hasText: "of alice" }).waitFor();
  check((await main.locator(".line").count()) === 1, "executions of others are shown");
  check((await page.getByRole("navigation").innerText()).trim() === "Executions", "other pages are offered");
  await main.locator(".line").click();
  await main.getByRole("region", { name: "Program" }).waitFor();
  await main.getByRole("listbox", { name: "Calls" }).locator(".line").first().click();
  await main.getByRole("heading", { name: /^Call 1/ }).waitFor();
  for (const word of ["Reveal", "Cancel", "Its audit rows", "private values"])
    check(!(await main.innerText()).toLowerCase().includes(word.toLowerCase()), `${word} is offered`);
  await sound("an execution of a principal");
  await page.evaluate(() => {
    location.hash = "#/audit";
  });
  await main.getByRole("heading", { name: "No such page" }).waitFor();
}

const WALKS = { everything: () => enter().then(everything), large: () => enter().then(large), keyboard, principal };

try {
  await WALKS[process.argv[2]]();
} catch (error) {
  const where = error.stack?.split("\n").filter((line) => line.includes(".mjs")).slice(0, 3);
  const told = (await main.innerText().catch(() => "nothing")).slice(0, 1500);
  wrong.push(`the walk stopped: ${error.message}\n${where?.join("\n")}\nthe page says: ${told}`);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/stopped.png` }).catch(() => null);
} finally {
  await close();
}
if (SHOTS) writeFileSync(`${SHOTS}/times-${process.argv[2]}.json`, JSON.stringify(times, null, 1));
console.log(JSON.stringify({ wrong, times }, null, 1));
process.exitCode = wrong.length === 0 ? 0 : 1;
