import { styleText } from 'node:util';
import type { Stream } from '../io.ts';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'dim' | 'bold';
export type Paint = (style: Style, text: string) => string;

export const noPaint: Paint = (_style, text) => text;
const ansiPaint: Paint = (style, text) => styleText(style, text, { validateStream: false });

/** `--no-color` wins, then NO_COLOR (no-color.org: any value but the empty one), then FORCE_COLOR, then the terminal. */
export const paintFor = (
  stream: Stream,
  env: Readonly<Record<string, string | undefined>>,
  colorOption: boolean,
): Paint => {
  if (!colorOption || (env['NO_COLOR'] ?? '') !== '') return noPaint;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force === '0' || force === 'false' ? noPaint : ansiPaint;
  return stream.isTTY && env['TERM'] !== 'dumb' ? ansiPaint : noPaint;
};
