//! The network rules of the fence and of local origins.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { fakeChrome } from './chrome.mjs';

let fake = fakeChrome();
const { fence, isFenced } = await import('../fence.js');
const { isNear, originRule } = await import('../origins.js');
const { failure } = await import('../failure.js');
const { address } = await import('../navigate.js');

beforeEach(() => {
  fake = fakeChrome();
});

const of = (tab) => fake.rules().filter(({ condition }) => condition.tabIds?.includes(tab));

test('a_fence_blocks_all_but_its_origins_and_knows_ports', async () => {
  await fence({ tab: 1, origins: ['http://127.0.0.1:8000', 'https://shop.example'] });
  const filters = of(1).map(({ action, priority, condition }) => [action.type, priority, condition.urlFilter]);
  assert.deepEqual(filters, [['block', 1, '*'], ['allow', 2, '|http://127.0.0.1:8000/'], ['allow', 2, '|https://shop.example/']]);
  assert.equal(of(1).every(({ condition }) => condition.resourceTypes.join() === 'main_frame'), true);
});

test('a_new_fence_replaces_the_old_and_touches_no_other_tab', async () => {
  await fence({ tab: 1, origins: ['https://a.example'] });
  await Promise.all([fence({ tab: 2, origins: ['https://b.example'] }), fence({ tab: 1, origins: [] })]);
  assert.equal(of(1).length, 1);
  assert.equal(of(2).length, 2);
  await fence({ tab: 2, origins: null });
  assert.equal(await isFenced(2), false);
  assert.equal(await isFenced(1), true);
});

test('the_origin_header_is_taken_off_for_near_servers_only', async () => {
  await originRule({ origin: 'http://127.0.0.1:11434/v1', on: true });
  await originRule({ origin: 'http://127.0.0.1:11434/v1', on: true });
  assert.equal(fake.rules().length, 1);
  await originRule({ origin: 'http://127.0.0.1:11434/v1', on: false });
  assert.equal(fake.rules().length, 0);
  await assert.rejects(originRule({ origin: 'https://api.example.com', on: true }), { kind: 'refused' });
});

test('near_is_this_computer_and_its_network', () => {
  const near = ['localhost', '127.0.0.1', '127.9.9.9', '10.1.2.3', '172.16.0.1', '172.31.0.1', '192.168.1.5', '169.254.1.1', '100.64.0.1', '[::1]', '[fd00::1]', '[fe80::1]', 'nas', 'box.local'];
  const far = ['172.32.0.1', '172.15.0.1', '8.8.8.8', '100.128.0.1', 'example.com', 'local.example.com', '[2001:db8::1]', '10.example.com'];
  assert.deepEqual(near.filter((host) => !isNear(host)), []);
  assert.deepEqual(far.filter(isNear), []);
});

test('only_web_addresses_are_opened', () => {
  assert.equal(address('http://shop.example'), 'http://shop.example/');
  for (const bad of ['javascript:alert(1)', 'file:///etc/passwd', 'chrome://settings', 'data:text/html,x', 'shop', '']) {
    assert.throws(() => address(bad), { kind: 'refused' }, bad);
  }
});

test('chromes_sentences_become_words', () => {
  const kind = (text) => failure(new Error(text)).err.kind;
  assert.equal(kind('No tab with id: 7.'), 'gone');
  assert.equal(kind('Cannot access a chrome:// URL'), 'no_access');
  assert.equal(kind('Cannot access contents of the page. Extension manifest must request permission to access the respective host.'), 'no_access');
  assert.equal(kind('Frame with ID 0 was removed.'), 'navigated');
  assert.equal(kind('Frame with ID 0 is showing error page'), 'no_page');
  assert.equal(kind('something new'), 'failed');
});
