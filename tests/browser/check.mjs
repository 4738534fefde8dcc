// Opens a report of nbw in headless Chromium and uses it as people do. Prints one JSON object: what was seen. The test that
// starts this judges it.
//
//   node check.mjs PAGE.html DIRECTORY-FOR-SCREENSHOTS
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [page_file, screenshots] = process.argv.slice(2);
const url = pathToFileURL(resolve(page_file)).href;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const looks = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1200, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1200, height: 900 } },
  { name: 'phone', colorScheme: 'light', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
];

// Errors, and requests to anywhere else.
function watched(page) {
  const seen = { errors: [], requests: [] };
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) seen.errors.push(message.text()); });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('dialog', (dialog) => { seen.errors.push('dialog: ' + dialog.message()); dialog.dismiss(); });
  page.on('request', (request) => { if (request.url() !== url) seen.requests.push(request.url()); });
  return seen;
}

const drawn = (page) => page.evaluate(() => ({
  rate: document.querySelectorAll('#rate path').length,
  heat: [...document.querySelectorAll('#heat tbody td')].filter((cell) => cell.style.background.includes('color-mix')).length,
  duration: document.querySelectorAll('#duration path').length,
  legend: [...document.querySelectorAll('#legend button')].map((button) => button.textContent),
  totals: document.querySelectorAll('#totals tbody tr').length,
  wide: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  images: document.querySelectorAll('img').length,
}));

// No two labels of an axis touch.
const touching = (page) => page.evaluate(() => ['rate', 'duration'].flatMap((id) => {
  const boxes = [...document.querySelectorAll(`#${id} text`)].map((text) => [text.textContent, text.getBoundingClientRect()]);
  const touch = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
  return boxes.flatMap(([a, one], at) => boxes.slice(at + 1).filter(([, other]) => touch(one, other)).map(([b]) => `${id}: ${a} / ${b}`));
}));

async function faults(page) {
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.html.slice(0, 200)) }));
  });
  return found;
}

// What is done with the page, and what it says to that.
async function used(page) {
  const paths = () => page.locator('#rate path').count();
  const before = await paths();
  const button = page.locator('#legend button').first();
  await button.click();
  const toggled = { pressed: await button.getAttribute('aria-pressed'), paths: await paths() };
  await button.focus();
  await page.keyboard.press('Space');
  const again = { pressed: await button.getAttribute('aria-pressed'), paths: await paths() };

  const box = await page.locator('#rate svg').boundingBox();
  const at = (share) => [box.x + 80 + (box.width - 90) * share, box.y + box.height / 2];
  await page.mouse.move(...at(0.5));
  const tip = await page.locator('#rate .tip').innerText();
  const reset = page.locator('#rate-reset');
  await page.mouse.move(...at(0.3));
  await page.mouse.down();
  await page.mouse.move(...at(0.45), { steps: 4 });
  await page.mouse.up();
  const dragged = await reset.isEnabled();
  await reset.click();
  const whole = await reset.isDisabled();
  await page.mouse.move(...at(0.5));
  await page.mouse.wheel(0, -200);
  await page.waitForFunction(() => !document.getElementById('rate-reset').disabled, null, { timeout: 5000 });
  await page.locator('#rate').focus();
  await page.keyboard.press('ArrowRight');
  const said = await page.locator('#rate-said').innerText();
  await page.keyboard.press('Escape');
  const escaped = await reset.isDisabled();

  const names = () => page.locator('#totals tbody th').allTextContents();
  await page.locator('#totals thead button').first().click();
  const down = await names();
  await page.locator('#totals thead button').first().click();
  const up = await names();
  await page.locator('#rate-data summary').click();
  await page.waitForSelector('#rate-data tbody tr', { timeout: 5000 });
  const rows = await page.locator('#rate-data tbody tr').count();
  await page.locator('#rate-data summary').click();
  return { before, toggled, again, tip, dragged, whole, said, escaped, down, up, rows };
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  timeout: 60000,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
const result = {};
try {
  for (const { name, ...look } of looks) {
    // axe is put in from outside the page, whose own policy lets no other script in.
    const context = await browser.newContext({ ...look, bypassCSP: false });
    const page = await context.newPage();
    page.setDefaultTimeout(15000);
    const seen = watched(page);
    await page.goto(url);
    await page.waitForSelector('#rate path', { state: 'attached' });
    const picture = { path: `${screenshots}/report-${name}.png`, fullPage: true };
    result[name] = { drawn: await drawn(page), touching: await touching(page), ...seen };
    await page.screenshot(picture);
    if (name === 'light') {
      result.used = await used(page);
      await page.emulateMedia({ media: 'print' });
      await page.pdf({ path: `${screenshots}/report.pdf`, format: 'A4' });
      await page.emulateMedia({ media: 'screen' });
    }
    await page.evaluate(axe);
    result[name].faults = await faults(page);
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify(result));
