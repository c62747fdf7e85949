// Looks at a page in headless Chromium: light and dark, wide and narrow.
//   usage: node page.mjs MODULES PAGE hostile|many|assets [SCREENSHOTS [TITLE]]
// MODULES holds node_modules with axe-core and puppeteer-core. The last line tells what was seen.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [modules, file, kind, screenshots, title = 'report'] = process.argv.slice(2);
const require = createRequire(join(modules, 'node_modules', 'x.js'));
const puppeteer = require('puppeteer-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const page = readFileSync(file);
const MOST_BYTES = 5_000_000;
const MOST_MILLISECONDS = 2_000;

const faults = [];
const expect = (holds, text) => { if (!holds) faults.push(text); };
expect(page.length < MOST_BYTES, `the page has ${page.length} bytes`);

// What a web server sees; all but the page itself is a fault.
const asked = [];
const server = createServer((request, answer) => {
  asked.push(request.url);
  if (request.url !== '/report.html') { answer.writeHead(404).end(); return; }
  answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const address = `http://127.0.0.1:${server.address().port}/report.html`;

const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
const browser = await puppeteer.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  userDataDir: profile,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let slowest = 0;
const sizes = { desktop: { width: 1280, height: 1000 }, phone: { width: 390, height: 844, isMobile: true, hasTouch: true } };
try {
  for (const [device, viewport] of Object.entries(sizes)) {
    for (const scheme of ['light', 'dark']) await look(device, viewport, scheme);
  }
  if (screenshots) await print();
} finally {
  await browser.close();
  server.close();
  rmSync(profile, { recursive: true, force: true });
}

const others = asked.filter((url) => url !== '/report.html');
expect(others.length === 0, `asked for ${others.join(' ')}`);
if (faults.length > 0) {
  console.log(faults.join('\n'));
  process.exit(1);
}
console.log(`4 looks, ${page.length} bytes, opened within ${Math.round(slowest)} ms, axe 0, no fault`);

async function look(device, viewport, scheme) {
  const where = `${device}, ${scheme}`;
  const tab = await browser.newPage();
  const requests = [];
  tab.on('request', (request) => requests.push(request.url()));
  let smuggling = false;
  tab.on('console', (message) => {
    if (!smuggling) faults.push(`${where}: the console says ${message.text()}`);
  });
  tab.on('pageerror', (error) => faults.push(`${where}: ${error}`));
  tab.on('dialog', (dialog) => { faults.push(`${where}: a dialog`); dialog.dismiss(); });
  await tab.setViewport({ deviceScaleFactor: 1, ...viewport });
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await tab.goto(address, { waitUntil: 'load' });
  const took = await tab.evaluate(() => {
    const entry = performance.getEntriesByType('navigation')[0];
    return entry.loadEventEnd || performance.now();
  });
  slowest = Math.max(slowest, took);
  expect(took < MOST_MILLISECONDS, `${where}: opened after ${took} ms`);
  const outside = requests.filter((url) => url !== address && !url.startsWith('data:'));
  expect(outside.length === 0, `${where}: asks for ${outside.join(' ')}`);

  const seen = await tab.evaluate(() => ({
    pwned: window.pwned,
    alive: document.querySelectorAll('script, img, iframe, object, embed, form, input').length,
    handlers: [...document.querySelectorAll('*')].filter((element) =>
      [...element.attributes].some((attribute) => attribute.name.startsWith('on'))).length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ground: getComputedStyle(document.body).backgroundColor,
    text: document.body.innerText,
  }));
  expect(seen.pwned === undefined && seen.alive === 0 && seen.handlers === 0, `${where}: something is alive`);
  expect(seen.wide <= 0, `${where}: it scrolls sideways by ${seen.wide}`);
  const isDark = seen.ground.match(/\d+/g).slice(0, 3).every((part) => Number(part) < 100);
  expect(isDark === (scheme === 'dark'), `${where}: its ground is ${seen.ground}`);
  const names = kind === 'hostile'
    ? ['<script>window.pwned=1</script>', '"><img src=x onerror=window.pwned=1>', "'; DROP TABLE sample; --",
      '{{7*7}} ${7*7} &lt;b&gt;', '\\u{1b}[31m\\u{202e}gnp.exe']
    : [kind === 'many' ? 'customer-099999/' : '100,000 assets'];
  for (const name of names) expect(seen.text.includes(name), `${where}: ${name} is not there as text`);

  // The policy holds: what somebody would smuggle in is neither run nor fetched.
  smuggling = true;
  const stopped = await tab.evaluate(async () => {
    const stops = [];
    document.addEventListener('securitypolicyviolation', (event) => stops.push(event.violatedDirective));
    const script = document.createElement('script');
    script.textContent = 'window.pwned = 2';
    const image = document.createElement('img');
    image.src = '/smuggled';
    document.body.append(script, image);
    await new Promise((ready) => setTimeout(ready, 100));
    script.remove();
    image.remove();
    return { stops, pwned: window.pwned };
  });
  expect(stopped.pwned === undefined && stopped.stops.length >= 2, `${where}: the policy lets things through`);

  const result = await tab.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
  for (const { id, impact, nodes } of result.violations) {
    const text = `${where}: axe: ${id} (${impact}): ${nodes[0].target} and ${nodes.length - 1} more`;
    faults.push(`${text}: ${nodes[0].failureSummary}`);
  }
  if (screenshots) await tab.screenshot({ path: join(screenshots, `${title}-${device}-${scheme}.png`), fullPage: true });
  await tab.close();
}

// As it is printed, from a browser that shows pages dark.
async function print() {
  const tab = await browser.newPage();
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
  await tab.goto(address, { waitUntil: 'load' });
  await tab.pdf({ path: join(screenshots, `${title}-paper.pdf`), format: 'A4', printBackground: true, preferCSSPageSize: true });
  await tab.close();
}
