// `rich_text` blocks: what people wrote in an editor.

import { h } from './dom.js';
import { emojiText } from './emoji.js';
import { broadcast, channelMention, dateNode, link, userMention } from './links.js';

const BULLETS = ['disc', 'circle', 'square'];
const NUMBERS = ['decimal', 'lower-alpha', 'lower-roman'];
const STYLES = [['code', 'code'], ['bold', 'strong'], ['italic', 'em'], ['strike', 's'], ['underline', 'u'], ['highlight', 'mark']];

export function richText(block) {
  return block.elements.map(piece);
}

function piece(element) {
  switch (element.type) {
    case 'rich_text_list': return list(element);
    case 'rich_text_quote': return h('blockquote', null, inline(element.elements));
    case 'rich_text_preformatted': return h('pre.code-block', null, h('code', null, inline(element.elements)));
    case 'rich_text_section': return h('div.rich-section', null, inline(element.elements));
    default: return h('div.unknown', null, `(${element.type})`);
  }
}

function list(element) {
  const indent = Math.min(element.indent ?? 0, 8);
  const ordered = element.style === 'ordered';
  const marks = ordered ? NUMBERS : BULLETS;
  const style = { listStyleType: marks[indent % 3], marginLeft: `${indent * 28}px` };
  const start = ordered ? (element.offset ?? 0) + 1 : null;
  const items = element.elements.map((item) => h('li', null, inline(item.elements)));
  return h(ordered ? 'ol' : 'ul', { style, start }, items);
}

function inline(elements = []) {
  return elements.flatMap((element) => styled(element, inner(element)));
}

function inner(element) {
  switch (element.type) {
    case 'text': return lines(element.text);
    case 'link': return [link(element.url, element.text || undefined)];
    case 'user': return [userMention(element.user_id)];
    case 'channel': return [channelMention(element.channel_id)];
    case 'usergroup': return [h('span.mention', null, '@group')];
    case 'broadcast': return [broadcast(element.range)];
    case 'emoji': return [emojiText(element.name)];
    case 'date': return [dateNode(element.timestamp, element.format, element.url, element.fallback)];
    case 'color': return [h('code.inline', null, h('i.swatch', { style: { backgroundColor: element.value } }), element.value)];
    default: return [`(${element.type})`];
  }
}

function lines(text) {
  return text.split('\n').flatMap((line, index) => (index ? [h('br'), line] : [line]));
}

function styled(element, nodes) {
  const style = element.style ?? {};
  return STYLES.filter(([name]) => style[name]).reduce(
    (inside, [name, tag]) => [h(name === 'code' ? 'code.inline' : tag, null, inside)], nodes);
}
