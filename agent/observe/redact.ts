/** Removes secrets from settings before they leave the node. Doubt removes: a hidden word too many is better than a password. Pure. */

const HIDDEN = '[redacted]';
/** Words whose value is a secret, wherever they stand before `=`, `:` or a blank: also inside `--repo1-cipher-pass` or `PGPASSWORD`. */
const SECRET_WORD = String.raw`(?<![A-Za-z0-9_.-])[A-Za-z0-9_.-]*(?:password|passwd|passphrase|passcode|passfile|secret|token|credential|private[_-]?key|access[_-]?key|api[_-]?key|cipher[_-]?pass|sas|pwd)[A-Za-z0-9_.-]*`;
const VALUE = String.raw`(?:'(?:[^'\\]|\\.|'')*'?|"(?:[^"\\]|\\.)*"?|(?:[^\s'"\\;&|]|\\.)+)`;
const ASSIGNED = new RegExp(`(${SECRET_WORD})(\\s*[=:]\\s*)${VALUE}`, 'gi');
const AFTER_OPTION = new RegExp(
  `(?<![A-Za-z0-9_.-])(--?[A-Za-z0-9_.-]*(?:password|passphrase|secret|token|credential|key|pass|pwd)[A-Za-z0-9_.-]*)(\\s+)(?!-)${VALUE}`,
  'gi',
);
/** `scheme://user:password@host`. The password may itself hold `@` and `/`, so everything up to the last `@` of the word goes. */
const IN_URL = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]*):[^\s'"]*@/gi;
const AUTHORIZATION = /(authorization\s*[:=]\s*["']?\s*(?:basic|bearer)?)\s+[^\s'"]+/gi;
const BEARER = /\b(bearer|basic)\s+[A-Za-z0-9+/=_.-]{8,}/gi;
/** `curl -u user:password`, `curl --user user:password`. */
const CURL_USER = /(\s(?:-u|--user|--proxy-user)[\s=]*["']?[^\s:'"]+):[^\s'"]+/g;
/** Identifiers of cloud keys that give themselves away by their form. */
const KNOWN_KEYS = /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g;

/** `text` with every recognised secret replaced by `[redacted]`. */
export function redact(text: string): string {
  return text
    .replace(IN_URL, `$1:${HIDDEN}@`)
    .replace(AUTHORIZATION, `$1 ${HIDDEN}`)
    .replace(BEARER, `$1 ${HIDDEN}`)
    .replace(ASSIGNED, `$1$2${HIDDEN}`)
    .replace(AFTER_OPTION, `$1$2${HIDDEN}`)
    .replace(CURL_USER, `$1:${HIDDEN}`)
    .replace(KNOWN_KEYS, HIDDEN);
}
