import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Hash } from '../domain/fingerprint.ts';

/** SHA-256 of the text's UTF-8 bytes, 64 lower-case hex digits. */
export const sha256Hex: Hash = (text) => createHash('sha256').update(text, 'utf8').digest('hex');

/** What files of user data are compressed with: gzip, in base64 on one line. */
export const gzipBase64 = (text: string): string => gzipSync(text, { level: 9 }).toString('base64');
