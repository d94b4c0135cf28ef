import { expect, test } from 'vitest';
import { isEnglish, languageNote, whyUnreadable } from './log-language.ts';

test.each(['', 'C', 'C.UTF-8', 'POSIX', 'en_US.UTF-8', 'en_GB', 'English_United States.1252'])('%s is English', (locale) => {
  expect(isEnglish(locale)).toBe(true);
});

test.each(['de_DE.UTF-8', 'fr', 'Czech', 'eo', 'ca_ES'])('%s is not', (locale) => {
  expect(isEnglish(locale)).toBe(false);
});

test('a log for people beside one for programs is enough', () => {
  expect(whyUnreadable({ lcMessages: 'C', logDestination: 'csvlog, stderr' })).toBeNull();
  expect(whyUnreadable({ lcMessages: 'C', logDestination: 'syslog' })).toBeNull();
  expect(whyUnreadable({ lcMessages: 'de_DE', logDestination: 'jsonlog' })).toMatch(/jsonlog only/);
});

test('lines in another language are said to be so, with the setting; English ones need no word', () => {
  expect(languageNote('de_DE.UTF-8')).toMatch(/lc_messages = de_DE[.]UTF-8/);
  for (const english of ['C', 'en_GB.UTF-8', '', null]) expect(languageNote(english)).toBeNull();
});
