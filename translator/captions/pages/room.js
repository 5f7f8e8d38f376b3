// Where this page is: the room, the key of its link, and the addresses of the gateway.

export const room = decodeURIComponent(location.pathname.split('/')[2] ?? '');

// The key is in the fragment, which is in no log and no referrer.
export const key = new URLSearchParams(location.hash.slice(1)).get('key') ?? '';

// "/captions" where the gateway is mounted under a path: what is before the page's own.
const base = location.pathname.replace(/\/[rso]\/[^/]*(\/overlay)?\/?$/, '');

export function address(path, query = {}, { socket = false } = {}) {
  const url = new URL(`${base}/captions/v1/rooms/${encodeURIComponent(room)}${path}`, location.href);
  url.hash = '';
  for (const [name, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== '') url.searchParams.append(name, each);
  }
  if (socket) url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

export async function ask(path, query = {}, send = undefined) {
  const headers = { authorization: `Bearer ${key}` };
  const told = send && { method: 'POST', body: JSON.stringify(send) };
  const answer = await fetch(address(path, query), { headers, ...told });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.problem?.message ?? `the gateway answered ${answer.status}`);
  return body;
}

// The name of a language in that language itself, as its readers look for it.
export function nameOf(code, inLanguage = code) {
  try {
    const name = new Intl.DisplayNames([inLanguage], { type: 'language' }).of(code) ?? code;
    return name.charAt(0).toLocaleUpperCase(inLanguage) + name.slice(1);
  } catch {
    return code;
  }
}

const RTL = new Set(['ar', 'arc', 'ckb', 'dv', 'fa', 'he', 'ks', 'ps', 'sd', 'syr', 'ug', 'ur', 'yi']);

export const directionOf = (code) => (RTL.has(code.split('-')[0].toLowerCase()) ? 'rtl' : 'ltr');
