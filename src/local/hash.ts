import { createHash } from 'node:crypto';
import type { Hash } from '../domain/fingerprint.ts';

/** SHA-256 of the text's UTF-8 bytes, 64 lower-case hex digits. */
export const sha256Hex: Hash = (text) => createHash('sha256').update(text, 'utf8').digest('hex');
