//! What every file is compiled with, by name.
import peerd from './peerd.ts';
import values from './values.ts';

export const library = { 'peerd/peerd.ts': peerd, 'peerd/values.ts': values };
