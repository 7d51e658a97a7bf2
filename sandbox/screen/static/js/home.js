// The app's own place: its home tab, its messages, and what it is.

import { showBlocks } from './blocks.js';
import { Context } from './context.js';
import { h } from './dom.js';
import { state } from './state.js';

export const TABS = { home: 'Home', messages: 'Messages', about: 'About' };

/** Show the home tab in *parent*. */
export function showHome(parent) {
  const view = state.screen.home;
  if (!view) {
    return parent.replaceChildren(h('div.home-empty', null, h('span.app-icon.large', { 'aria-hidden': 'true' }, state.features.name[0]),
      h('h3', null, `This is the home of ${state.features.name}`), h('p', null, 'It has not put anything here yet.')));
  }
  let list = parent.querySelector(':scope > .home-blocks');
  if (list?.dataset.view !== view.id) {
    list = h('div.home-blocks', { 'data-view': view.id, testid: 'home' });
    parent.replaceChildren(list);
  }
  parent.querySelector(':scope > .warning')?.remove();
  if (view.notice) list.before(h('p.warning', { role: 'alert' }, view.notice));
  return showBlocks(list, view.blocks, new Context('home', view, 'home'));
}

export function about() {
  const { name, about: words, commands, shortcuts } = state.features;
  return h('div.about', null, h('span.app-icon.large', { 'aria-hidden': 'true' }, name[0]), h('h3', null, name), h('p', null, words),
    h('h4', null, 'Commands'), h('dl', null, commands.flatMap((each) => [h('dt', null, h('code.inline', null, each.command), ' ', h('span.usage', null, each.usage_hint)), h('dd', null, each.description)])),
    h('h4', null, 'Shortcuts'), h('dl', null, shortcuts.flatMap((each) => [h('dt', null, each.name), h('dd', null, `${each.description} (${each.type === 'global' ? 'anywhere' : 'on a message'})`)])));
}
