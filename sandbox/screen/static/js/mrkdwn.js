// Slack's mrkdwn as nodes, in time linear in its length.

import { h } from './dom.js';
import { emoji } from './emoji.js';
import { broadcast, channelMention, dateNode, link, userMention } from './links.js';

const TAGS = { '*': 'strong', _: 'em', '~': 's' };
const ATOM = /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+-]{1,50}):|(https?:\/\/[^\s<>|]+)|\n|[*_~]/g;
const WORD = /[\p{L}\p{N}]/u;

/** `&amp;`, `&lt;` and `&gt;` as the characters that they stand for. */
export const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>' })[name]);

/** A whole mrkdwn text: code blocks, quotes and lines of words. */
export function mrkdwn(text, { verbatim = false } = {}) {
  return fences(text).flatMap((part) =>
    part.code ? [h('pre.code-block', null, h('code', null, unescape(part.text)))] : paragraphs(part.text, verbatim));
}

/** plain_text: words, line ends and, unless switched off, emoji. */
export function plain(object) {
  const text = typeof object === 'string' ? object : (object?.text ?? '');
  if (object?.emoji === false) return [text];
  return text.split(/(:[a-z0-9_+-]{1,50}:)/).map((part) => emoji(part.slice(1, -1)) ?? part);
}

/** The text object of a block. */
export function textObject(object) {
  if (!object) return [];
  return object.type === 'mrkdwn' ? mrkdwn(object.text, object) : plain(object);
}

/** The words alone, for labels that a screen reader speaks. */
export function words(object) {
  return h('span', null, textObject(object)).textContent;
}

function fences(text) {
  const parts = text.split('```');
  if (parts.length % 2 === 0) parts.push(`\`\`\`${parts.pop()}`);
  const found = [];
  parts.forEach((part, index) => {
    if (index % 2) found.push({ code: true, text: part.replace(/^\n|\n$/g, '') });
    else if (index === parts.length - 1 && found.length && part.startsWith('```')) found.push({ text: part });
    else if (part) found.push({ text: index ? part.replace(/^\n/, '') : part });
  });
  return found;
}

const QUOTED = /^(?:&gt;|>)(?!(?:&gt;|>){2}) ?/;
const QUOTED_TO_THE_END = /^(?:&gt;|>){3} ?/;

function paragraphs(text, verbatim) {
  const nodes = [];
  let lines = [];
  let quoted = false;
  const flush = () => {
    if (lines.length) {
      const inner = inline(lines.join('\n'), verbatim);
      nodes.push(...(quoted ? [h('blockquote', null, inner)] : inner));
    }
    lines = [];
  };
  const all = text.split('\n');
  for (let index = 0; index < all.length; index += 1) {
    const line = all[index];
    if (QUOTED_TO_THE_END.test(line)) {
      flush();
      quoted = true;
      lines = [line.replace(QUOTED_TO_THE_END, ''), ...all.slice(index + 1)];
      break;
    }
    const now = QUOTED.test(line);
    if (now !== quoted) flush();
    quoted = now;
    lines.push(now ? line.replace(QUOTED, '') : line);
  }
  flush();
  return nodes;
}

/** Words with emphasis, links, mentions and code; no blocks. */
export function inline(text, verbatim = false) {
  const tokens = [];
  let at = 0;
  for (const found of text.matchAll(ATOM)) {
    if (found.index > at) tokens.push({ node: unescape(text.slice(at, found.index)) });
    at = found.index + found[0].length;
    tokens.push(token(found, text, verbatim));
  }
  if (at < text.length) tokens.push({ node: unescape(text.slice(at)) });
  return emphasized(tokens);
}

function token(found, text, verbatim) {
  const [whole, angle, code, name, url] = found;
  if (angle) return { node: angled(angle) };
  if (code) return { node: h('code.inline', null, unescape(code)) };
  if (name) return { node: emoji(name) ?? whole };
  if (url) return { node: verbatim ? unescape(url) : link(unescape(url)) };
  if (whole === '\n') return { node: h('br') };
  const before = text[found.index - 1] ?? ' ';
  const after = text[found.index + 1] ?? ' ';
  return {
    mark: whole,
    node: whole,
    opens: !WORD.test(before) && !/\s/.test(after),
    closes: !/\s/.test(before) && !WORD.test(after),
  };
}

function angled(inner) {
  const [target, ...rest] = inner.split('|');
  const label = rest.length ? unescape(rest.join('|')) : undefined;
  if (target.startsWith('@')) return userMention(target.slice(1));
  if (target.startsWith('#')) return channelMention(target.slice(1), label);
  if (target.startsWith('!')) return special(target.slice(1), label);
  return link(unescape(target), label);
}

function special(command, label) {
  const [name, ...parts] = command.split('^');
  if (name === 'date') return dateNode(parts[0], parts[1] ?? '{date}', parts[2], label);
  if (name === 'subteam') return h('span.mention', null, label ?? '@group');
  if (['here', 'channel', 'everyone'].includes(name)) return broadcast(name);
  return label ?? `<!${command}>`;
}

/** Pairs up the marks: a closing one takes the nearest opening one of its kind. */
function emphasized(tokens) {
  const open = [];
  const waiting = { '*': 0, _: 0, '~': 0 };
  const out = [[]];
  for (const each of tokens) {
    if (each.mark && each.closes && waiting[each.mark] && !empty(open, out, each.mark)) {
      close(open, waiting, out, each.mark);
    } else if (each.mark && each.opens && open.length < 40) {
      open.push(each.mark);
      waiting[each.mark] += 1;
      out.push([]);
    } else out.at(-1).push(each.node);
  }
  while (open.length) spill(open, waiting, out);
  return out[0];
}

const empty = (open, out, mark) => open.at(-1) === mark && out.at(-1).length === 0;

function spill(open, waiting, out) {
  const mark = open.pop();
  waiting[mark] -= 1;
  const inner = out.pop();
  out.at(-1).push(mark, ...inner);
}

function close(open, waiting, out, mark) {
  while (open.at(-1) !== mark) spill(open, waiting, out);
  open.pop();
  waiting[mark] -= 1;
  const inner = out.pop();
  out.at(-1).push(h(TAGS[mark], null, inner));
}
