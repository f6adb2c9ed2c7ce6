// 100,000 executions and one of 10,000 calls: how soon they are there, and whether scrolling them stays smooth.

import { URL_, check, main, page, times } from "./browser.mjs";

/**
 * Scrolls a list for 120 frames: how many elements each frame made, how long frames took beside those of the same page
 * at rest, as a busy machine draws late in any case, and how much of a frame scripts and layout needed.
 */
async function scrolled(selector) {
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    const of = (name) => metrics.find((one) => one.name === name).value;
    return (of("ScriptDuration") + of("LayoutDuration") + of("RecalcStyleDuration")) * 1000;
  };
  const drawn = (by) =>
    page.evaluate(
      async ([box, step]) => {
        const [element, taken] = [document.querySelector(box), []];
        let made = 0;
        const watch = new MutationObserver((all) => {
          for (const one of all) made += one.addedNodes.length;
        });
        watch.observe(element, { childList: true, subtree: true });
        let last = performance.now();
        for (let frame = 0; frame < 120; frame += 1) {
          element.scrollTop += step;
          await new Promise((done) => requestAnimationFrame(done));
          const now = performance.now();
          taken.push(now - last);
          last = now;
        }
        watch.disconnect();
        return { taken: taken.sort((a, b) => a - b), made: made / taken.length };
      },
      [selector, by],
    );
  const rounded = (number) => Math.round(number * 100) / 100;
  const late = ({ taken }) => rounded(taken[Math.floor(taken.length * 0.95)]);
  const rest = late(await drawn(0));
  const before = await busy();
  const frames = await drawn(300);
  const work = ((await busy()) - before) / frames.taken.length;
  return {
    made_per_frame: rounded(frames.made),
    rest_p95_ms: rest,
    frame_p95_ms: late(frames),
    work_per_frame_ms: rounded(work),
  };
}

export async function large() {
  let began = Date.now();
  await page.goto(`${URL_}/console/#/executions`);
  await page.reload();
  await main.locator(".line").first().waitFor();
  times.list_ms = Date.now() - began;
  const size = await page.waitForFunction(() => {
    const asked = performance.getEntriesByType("resource").filter(({ name }) => name.includes("/look/executions"));
    return asked[0]?.decodedBodySize;
  });
  times.list_bytes = await size.jsonValue();
  check(times.list_bytes < 100_000, `the first answer has ${times.list_bytes} bytes`);
  await page.waitForTimeout(500);
  times.list_scroll = await scrolled("[role=listbox]");
  began = Date.now();
  await main.locator("[role=listbox]").focus();
  // Each page of rows comes when its end is near; a busy machine takes its time.
  let shown = 0;
  for (let step = 0; step < 2000 && shown < 300; step += 1) {
    await page.keyboard.press("End");
    await page.waitForTimeout(100);
    shown = Number((await main.getByRole("status").textContent()).split(" ")[0].replace(/\D/g, ""));
  }
  check(shown >= 300, `scrolling gave ${shown}`);
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
  const box = main.getByRole("listbox", { name: "Calls" });
  await box.locator(".line").first().waitFor();
  times.calls_ms = Date.now() - began;
  await main.getByText("10,000 of 10,000 calls").waitFor();
  times.all_calls_ms = Date.now() - began;
  times.calls_scroll = await scrolled("[role=listbox]");
  await box.focus();
  await page.keyboard.press("End");
  await box.getByText("10000 crm.get_customer").waitFor();
  check((await box.getByRole("option").count()) < 60, "all calls are in the page");
  // Whatever the number of rows: 300 pixels are less than six lines, and a busy machine draws some frames together.
  for (const one of [times.list_scroll, times.calls_scroll])
    check(one.made_per_frame > 0 && one.made_per_frame < 30, `scrolling is heavy: ${JSON.stringify(one)}`);
}
