import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inWords } from '../../../../lambdas/taskmill/console/static/app/models/recurrence-words.js';

for (const [expression, words] of [
  ['rate(5 minutes)', 'every 5 minutes'],
  ['rate(1 hour)', 'every hour'],
  ['cron(0 12 * * ? *)', 'at 12:00 every day'],
  ['cron(30 9 ? * MON-FRI *)', 'at 09:30 on Monday to Friday'],
  ['cron(0 8 ? * 2,4 *)', 'at 08:00 on Monday and Wednesday'],
  ['cron(0/15 * * * ? *)', 'every 15 minutes'],
  ['cron(5 8-17 ? * * *)', 'every hour at minute 5, 08:00 to 17:59'],
  ['cron(0 6 1,15 * ? *)', 'at 06:00 on the 1st and 15th of every month'],
  ['cron(0 6 L 3 ? *)', 'at 06:00 on the last day of March'],
  ['cron(0 6 ? * 6L *)', 'at 06:00 on the last Friday of every month'],
  ['cron(0 6 ? * MON#2 2027)', 'at 06:00 on the 2nd Monday of every month in 2027'],
  ['cron(1-7/2 */3 * * ? *)', 'cron(1-7/2 */3 * * ? *)'],
  ['nonsense', 'nonsense'],
]) test(`${expression} is ${words}`, () => assert.equal(inWords(expression), words));
