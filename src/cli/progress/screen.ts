import type { Stream } from '../io.ts';
import { widthOf } from '../print/text.ts';

/** A block at the bottom of the terminal that is painted over itself, with lasting lines scrolling away above it. */
export interface Screen {
  /** `lasting` stays; `block` replaces the block painted before. Every line must fit the terminal. */
  paint(lasting: readonly string[], block: readonly string[]): void;
  /** Takes the block away and gives the cursor back. */
  clear(): void;
}

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const eraseToLineEnd = '\u001b[K';
const eraseBelow = '\u001b[J';
/** Synchronized output: terminals that know it show the frame at once, the others ignore it. */
const beginFrame = '\u001b[?2026h';
const endFrame = '\u001b[?2026l';

export const createScreen = (stream: Stream): Screen => {
  let painted: readonly string[] = [];
  let hidden = false;

  /** A terminal made narrower since has broken our lines: count the rows they take now. */
  const rowsOf = (lines: readonly string[]): number => {
    const columns = Math.max(1, stream.columns ?? 80);
    return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
  };
  const backToTop = (): string => (painted.length === 0 ? '\r' : `\r\u001b[${rowsOf(painted)}A`);

  return {
    paint(lasting, block) {
      const lines = [...lasting, ...block].map((line) => `${line}${eraseToLineEnd}\n`).join('');
      stream.write(`${beginFrame}${hidden ? '' : hideCursor}${backToTop()}${lines}${eraseBelow}${endFrame}`);
      hidden = true;
      painted = block;
    },
    clear() {
      if (!hidden) return;
      stream.write(`${backToTop()}${eraseBelow}${showCursor}`);
      hidden = false;
      painted = [];
    },
  };
};
