/** Edits between two words; a swap of neighbours counts as one, because it is the commonest slip. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row += 1) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same);
      const swapped = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, at(row - 2, column - 2) + 1);
      line.push(best);
    }
  }
  return at(a.length, b.length);
};

/** The candidate that was probably meant, if one is near: at most a third of its letters away, or a clear prefix. */
export const suggestion = (typed: string, candidates: readonly string[]): string | undefined => {
  const word = typed.toLowerCase();
  let best: { readonly candidate: string; readonly far: number } | undefined;
  for (const candidate of candidates) {
    const prefix = word.length >= 3 && candidate.startsWith(word);
    const far = prefix ? 0.5 : distance(word, candidate);
    const near = Math.max(1, Math.floor(candidate.length / 3));
    if (far <= near && (best === undefined || far < best.far)) best = { candidate, far };
  }
  return best?.candidate;
};
