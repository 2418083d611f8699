import { StateError } from './errors.ts';

/** A document that is cut off, of the wrong shape, or whose sealed part is broken: it can be made again. */
export class DamagedStateError extends StateError {}
