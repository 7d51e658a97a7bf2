// The sandbox's own HTTP interface, as docs/sandbox.md describes it.

async function send(path, body) {
  const asked = body === undefined ? {} : {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(path, asked);
  } catch {
    return { error: 'sandbox_unreachable' };
  }
  try {
    const said = await answer.json();
    return Array.isArray(said) ? { httpStatus: answer.status, rows: said } : { httpStatus: answer.status, ...said };
  } catch {
    return { error: `http_${answer.status}`, httpStatus: answer.status };
  }
}

const slack = (path, body) => send(`/_sandbox/slack/${path}`, body);

export const api = {
  features: () => send('/screen/app.json'),
  workspaces: () => slack('workspaces'),
  people: (team) => slack(`people?team=${team}`),
  channels: (team) => slack(`channels?team=${team}`),
  screen: (user, team) => slack(`people/${user}/screen?team=${team}`),
  act: (user, what, body) => slack(`people/${user}/${what}`, body),
  log: (after) => slack(`log?after=${after}`),
  clearLog: () => slack('log', { clear: true }),
  faults: (body) => slack('faults', body),
  clock: (seconds) => slack('clock', { advance: seconds }),
  install: (team, installed) => slack('install', { team, installed }),
  revokeTokens: (team) => slack('tokens/revoke', { team }),
  changePerson: (user, body) => slack('people/change', { user, ...body }),
  bot: (action) => send('/_sandbox/bot', { do: action }),
  world: () => send('/_sandbox/state'),
  readAtlassian: (path) => send(`/_sandbox/atlassian/${path}`),
  atlassian: (path, body) => send(`/_sandbox/atlassian/${path}`, body),
};

/** Calls *heard* with {user, seq} whenever a screen changes, and *again* after a break in the line. */
export function listen(heard, again) {
  const stream = new EventSource('/_sandbox/slack/stream');
  stream.onmessage = (event) => heard(JSON.parse(event.data));
  stream.onopen = again;
}
