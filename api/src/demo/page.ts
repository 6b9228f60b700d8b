import { MEANINGS, MODES, type Mode } from './behaviour.ts'
import type { Received } from './received.ts'

export interface PageState {
  down: boolean
  modes: ReadonlyMap<string, Mode>
  received: readonly Received[]
  /** Whether the page reloads automatically. */
  live: boolean
}

/** The receiver's page, which shows how paths answer and which requests arrived. Plain HTML without scripts. */
export function renderPage({ down, modes, received, live }: PageState): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo receiver</title>
${live ? html`<meta http-equiv="refresh" content="2">` : ''}
<style>${new Html(STYLE)}</style>
</head>
<body>
<h1>Demo receiver</h1>
<p>A stand-in for the services that webhooks send to. Any path takes a POST. ${
    live ? html`<a href="/">Stop reloading</a>` : html`<a href="/">Reload</a> · <a href="/?live">reload by itself</a>`
  } · <a href="/requests.json">as JSON</a></p>
<form method="post" action="/control">
<input type="hidden" name="down" value="${down ? 'false' : 'true'}">
<strong class="${down ? 'bad' : 'good'}">${down ? 'Killed: every connection is cut without an answer.' : 'Up.'}</strong>
<button>${down ? 'Bring it back' : 'Kill it'}</button>
</form>
<h2>Behaviour</h2>
<table>${[...modes].map(([path, mode]) => renderMode(path, mode))}</table>
<form method="post" action="/secrets">
<label>Also verify with the secret <input name="secret" placeholder="whsec_…" size="52" autocomplete="off"></label>
<button>Add</button>
</form>
<h2>Received</h2>
${received.length === 0 ? html`<p>Nothing yet.</p>` : received.map(renderReceived)}
</body>
</html>
`.text
}

function renderMode(path: string, mode: Mode): Html {
  return html`<tr><th><code>${path}</code></th><td>${MEANINGS[mode]}</td><td><form method="post" action="/behaviour">
<input type="hidden" name="path" value="${path}"><select name="mode" aria-label="Behaviour of ${path}">${MODES.map(
    (other) => html`<option${other === mode ? new Html(' selected') : ''}>${other}</option>`,
  )}</select> <button>Set</button></form></td></tr>
`
}

function renderReceived(entry: Received): Html {
  const { valid, says } = entry.signature
  return html`<details>
<summary>#${entry.number} <time>${entry.at}</time> <code>POST ${entry.path}</code> answered ${entry.answered}${
    entry.repeats > 0 ? html`, <em>seen ${entry.repeats} time(s) before</em>` : ''
  } · signature: <span class="${valid === null ? '' : valid ? 'good' : 'bad'}">${says}</span></summary>
<pre>${Object.entries(entry.headers).map(([name, value]) => `${name}: ${String(value)}\n`)}
${pretty(entry.body)}</pre>
</details>
`
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
table{border-collapse:collapse}th,td{text-align:left;padding:.2rem 1rem .2rem 0;font-weight:normal}
td form{margin:0}pre{background:#f3f5f7;padding:.75rem;overflow:auto}summary{cursor:pointer}.good{color:#0a6b2d}.bad{color:#a3161a}
@media (prefers-color-scheme:dark){body{color:#dde3ea;background:#14181d}pre{background:#20262d}.good{color:#57c77f}.bad{color:#ff8a8a}a{color:#8ab8ff}}`

/** HTML from a template. Other templates insert it without escaping. */
class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Piece = Html | string | number | readonly (Html | string)[]

/** A template that escapes all values except Html. */
function html(strings: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(strings.reduce((text, part, i) => text + show(values[i - 1] ?? '') + part))
}

function show(value: Piece): string {
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(show).join('')
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
