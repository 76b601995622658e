//! What every file is compiled with, by name.
import book from './book.ts';
import outbox from './outbox.ts';
import peerd from './peerd.ts';
import values from './values.ts';

export const library = { 'peerd/book.ts': book, 'peerd/outbox.ts': outbox, 'peerd/peerd.ts': peerd, 'peerd/values.ts': values };
