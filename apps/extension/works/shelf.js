//! The list of all notebooks, or of all apps, at the side of their page.
import { el, icon, iconButton, sure } from './dom.js';

export class Shelf {
  element;
  #rows = el('ul', { class: 'rows', data: { testid: 'works' } });
  #kind;
  #chosen;
  #shown = null;

  /** `chosen(work)`; `wish(work, wish)`; `buttons` stand above the list, `below` under it. */
  constructor({ kind, title, other, chosen, wish, buttons, below = [] }) {
    this.#kind = kind;
    this.#chosen = chosen;
    this.wish = wish;
    this.element = el('aside', { class: 'side' },
      el('nav', { class: 'switch', 'aria-label': 'Pages' },
        el('span', { class: 'here', 'aria-current': 'page' }, icon(kind === 'app' ? 'app' : 'book'), title),
        el('a', { href: other.href }, icon(kind === 'app' ? 'book' : 'app'), other.title)),
      el('div', { class: 'buttons' }, buttons),
      this.#rows, below);
  }

  /** All that there are, the one used last first; `shown` is the one that the page shows. */
  show(works, shown) {
    this.#shown = shown;
    const of = works.filter((work) => work.kind === this.#kind);
    if (of.length === 0) return this.#rows.replaceChildren(el('li', { class: 'empty' }, `No ${this.#kind}s yet.`));
    this.#rows.replaceChildren(...of.map((work) => this.#row(work)));
  }

  #row({ id, name }) {
    const main = el('button', { type: 'button', class: 'row-main', onclick: () => this.#chosen(id), data: { testid: 'work' } }, el('span', { class: 'row-title' }, name));
    const away = async () => {
      if (await sure(`Delete “${name}” with all that is in it?`, 'Delete')) this.wish(id, { op: 'delete' });
    };
    const row = el('li', { class: 'row' }, main, iconButton('bin', `Delete ${name}`, away, { data: { testid: 'delete' } }));
    if (id === this.#shown) row.setAttribute('aria-current', 'true');
    return row;
  }
}

/** A name that is edited in its place. */
export function title(label, renamed) {
  const field = el('input', { class: 'title', 'aria-label': label, maxlength: 80, spellcheck: 'false', data: { testid: 'title' } });
  let was = '';
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') field.blur();
    if (event.key === 'Escape') [field.value] = [was], field.blur();
  });
  field.addEventListener('blur', () => {
    const name = field.value.trim();
    if (name && name !== was) renamed(name);
    else field.value = was;
  });
  return {
    field,
    show(name) {
      was = name;
      if (document.activeElement !== field) field.value = name;
    },
  };
}
