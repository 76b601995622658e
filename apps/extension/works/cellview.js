//! One cell on the page: its editor, or its text when it is markdown that nobody edits, and what came of it.
import { Editor } from './editor.js';
import { el, iconButton } from './dom.js';
import { markdown } from './markdown.js';
import { outputs } from './outputs.js';

const SENT_MS = 400;

export class CellView {
  element;
  cell;
  #editor = null;
  #editing = false;
  #did;
  #timer = null;
  // What the vat has of its source, as far as is known here.
  #known;
  #drawn = '';
  #mark = el('button', { type: 'button', class: 'mark', data: { testid: 'run' } });
  #source = el('div', { class: 'source' });
  #text = el('div', { class: 'prose', title: 'Double-click to edit' });
  #outputs = el('div', { class: 'outputs', data: { testid: 'outputs' }, 'aria-live': 'polite' });
  #note = el('p', { class: 'note', data: { testid: 'note' } });

  /** `did(op, more)`: what a person does to it. */
  constructor(cell, did) {
    this.#did = did;
    this.cell = cell;
    this.#known = cell.source;
    this.#mark.addEventListener('click', () => this.#did(this.cell.state === 'running' || this.cell.state === 'queued' ? 'stop' : 'run'));
    this.#text.addEventListener('dblclick', () => this.edit());
    const tools = el('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Cell' },
      iconButton('add', 'Add a cell below (b)', () => did('below'), { tabindex: -1 }),
      iconButton('text', 'Make it text or code (m, y)', () => did('toggle'), { tabindex: -1 }),
      iconButton('up', 'Move up', () => did('up'), { tabindex: -1 }),
      iconButton('down', 'Move down', () => did('down'), { tabindex: -1 }),
      iconButton('bin', 'Delete the cell (d d)', () => did('remove'), { tabindex: -1 }));
    this.element = el('section', { class: 'cell', tabindex: 0, data: { cell: cell.id, testid: 'cell' } },
      this.#mark, el('div', { class: 'body' }, this.#source, this.#text, this.#note, this.#outputs), tools);
    this.show(cell);
  }

  show(cell) {
    const isCode = cell.kind === 'code';
    if (this.#editor && (cell.kind === 'code') !== (this.cell.kind === 'code')) this.#drop();
    this.cell = cell;
    // What is being typed here is newer than what comes back.
    if (cell.source !== this.#known && this.#timer === null) {
      this.#known = cell.source;
      if (this.#editor) this.#editor.text = cell.source;
    }
    this.element.dataset.kind = cell.kind;
    this.element.dataset.state = cell.state;
    this.element.setAttribute('aria-label', isCode ? `Code cell ${cell.id}${cell.count ? `, run ${cell.count}` : ''}` : `Text cell ${cell.id}`);
    this.#mark.textContent = !isCode ? '' : cell.state === 'running' ? '[*]' : cell.state === 'queued' ? '[…]' : `[${cell.count ?? ' '}]`;
    this.#mark.hidden = !isCode;
    const does = cell.state === 'running' || cell.state === 'queued' ? 'Stop' : 'Run';
    this.#mark.title = `${does} (Shift+Enter)`;
    this.#mark.setAttribute('aria-label', `${does} cell ${cell.id}`);
    const showsText = !isCode && !this.#editing && cell.source.trim() !== '';
    this.#source.hidden = showsText;
    this.#text.hidden = !showsText;
    if (showsText) this.#text.replaceChildren(...markdown(cell.source));
    else if (!this.#editor) this.#open();
    this.#note.hidden = cell.note === '';
    this.#note.textContent = cell.state === 'killed' ? `Killed: ${cell.note}. What the notebook had in its variables is lost; its cells, outputs and files are not.` : cell.note;
    // A chart is not drawn anew because a line was said elsewhere.
    const drawn = JSON.stringify(cell.outputs);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      this.#outputs.replaceChildren(...outputs(cell.outputs));
    }
    this.#outputs.hidden = cell.outputs.length === 0;
  }

  #open() {
    this.#editor = new Editor({
      parent: this.#source,
      text: this.cell.source,
      language: this.cell.kind === 'code' ? 'js' : 'md',
      label: `Source of cell ${this.cell.id}`,
      keys: [
        { key: 'Shift-Enter', run: () => this.#key('run-next') },
        { key: 'Mod-Enter', run: () => this.#key('run') },
        { key: 'Alt-Enter', run: () => this.#key('run-below') },
        { key: 'Escape', run: () => this.#key('leave') },
      ],
      changed: () => {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.send(), SENT_MS);
      },
    });
    this.#editor.view.contentDOM.addEventListener('blur', () => this.send());
  }

  #key(op) {
    this.#did(op);
    return true;
  }

  #drop() {
    this.send();
    this.#editor.destroy();
    this.#editor = null;
  }

  get source() {
    return this.#editor?.text ?? this.cell.source;
  }

  /** What was typed is the vat's from now on. */
  send() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#editor || this.#editor.text === this.#known) return;
    this.#known = this.#editor.text;
    this.#did('source', { source: this.#known });
  }

  edit() {
    this.#editing = true;
    if (!this.#editor) this.#open();
    this.#source.hidden = false;
    this.#text.hidden = true;
    this.#editor.focus();
  }

  /** Text that was edited is shown as text again. */
  rest() {
    this.send();
    this.#editing = false;
    this.cell = { ...this.cell, source: this.source };
    this.show(this.cell);
  }

  close() {
    this.#editor?.destroy();
    this.element.remove();
  }
}
