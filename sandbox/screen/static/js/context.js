// Where elements stand (a message, a modal, the home tab), and what pressing them there does.

import { act, signIn } from './state.js';
import { toast } from './layers.js';

const busy = new Set();

/** What is typed and not yet sent: holder → "block/action" → value. */
const drafts = new Map();

const TROUBLE = {
  sandbox_unreachable: 'The sandbox doesn’t answer. Is it still running?',
  no_such_action: 'That button is no longer there.',
  no_such_option: 'That choice is no longer there.',
};

/** One holder of elements; *container* is its name in the sandbox's interface. */
export class Context {
  constructor(surface, holder, container) {
    this.surface = surface;
    this.id = holder.id ?? `${holder.channel}:${holder.ts}`;
    this.container = container;
    this.values = holder.state?.values ?? holder.values ?? {};
    this.warnings = holder.warnings ?? [];
    this.errors = holder.errors ?? {};
    if (surface === 'modal') this.forgetGone(holder.blocks);
  }

  /** What was typed into fields that the view no longer has is gone with them. */
  forgetGone(blocks) {
    const mine = drafts.get(this.id);
    if (!mine) return;
    const standing = new Set(blocks.map((each) => each.block_id));
    for (const [name, draft] of mine) if (!standing.has(draft.block.block_id)) mine.delete(name);
  }

  key(block, element) {
    return `${this.id}/${block.block_id}/${element.action_id}`;
  }

  held(block, element) {
    return this.values[block.block_id]?.[element.action_id] ?? {};
  }

  isBusy(block, element) {
    return busy.has(this.key(block, element));
  }

  draft(block, element) {
    return drafts.get(this.id)?.get(`${block.block_id}/${element.action_id}`);
  }

  /** Keep what is being typed; it is told to the sandbox before anything else is done here. */
  keep(block, element, value) {
    const mine = drafts.get(this.id) ?? new Map();
    drafts.set(this.id, mine);
    mine.set(`${block.block_id}/${element.action_id}`, { block, element, value, told: false });
  }

  /** The drafts as `submit` wants them. */
  typed() {
    const values = {};
    for (const { block, element, value } of drafts.get(this.id)?.values() ?? []) {
      (values[block.block_id] ??= {})[element.action_id] = value;
    }
    return values;
  }

  async press(block, element, value) {
    const key = this.key(block, element);
    if (busy.has(key)) return { error: 'busy' };
    show(key, true);
    try {
      await this.tell();
      const body = { container: this.container, block_id: block.block_id, action_id: element.action_id };
      const outcome = await act('press', value === undefined ? body : { ...body, value });
      if (outcome.error in TROUBLE) toast(TROUBLE[outcome.error], { kind: 'bad' });
      return outcome;
    } finally {
      show(key, false);
    }
  }

  async suggest(block, element, text) {
    await this.tell();
    const body = { container: this.container, block_id: block.block_id, action_id: element.action_id, value: text };
    return act('suggest', body);
  }

  /** Slack sends a form's whole state with every press in it, so what was typed goes first. */
  async tell() {
    for (const draft of drafts.get(this.id)?.values() ?? []) {
      if (draft.told || draft.block.type !== 'input' || draft.block.dispatch_action) continue;
      draft.told = true;
      const body = { container: this.container, block_id: draft.block.block_id, action_id: draft.element.action_id };
      await act('press', { ...body, value: draft.value });
    }
  }

  /** A link button: the page opens in a new tab, and the press is told. */
  follow(block, element) {
    signIn();
    this.press(block, element);
  }
}

/** Forget what was typed into views that are closed. */
export function forgetDrafts(openIds) {
  for (const id of drafts.keys()) if (id.startsWith('V') && !openIds.has(id)) drafts.delete(id);
}

function show(key, on) {
  busy[on ? 'add' : 'delete'](key);
  for (const node of document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)) {
    if (on) node.setAttribute('aria-busy', 'true');
    else node.removeAttribute('aria-busy');
  }
}
