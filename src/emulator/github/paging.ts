import type { Rows } from './route.ts';

const perPageMost = 100;
const whole = (text: string | null, fallback: number): number => {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isSafeInteger(value) && value > 0 ? value : fallback;
};
/** A page of a list and the Link header it comes with; rows are made only where they are shown. */
export const pageOf = (list: Rows, url: URL, half: boolean): { readonly body: unknown; readonly link: string } => {
  const size = Math.min(perPageMost, whole(url.searchParams.get('per_page'), 30));
  const page = whole(url.searchParams.get('page'), 1);
  const last = Math.max(1, Math.ceil(list.rows.length / size));
  const shown = list.rows.slice((page - 1) * size, page * size);
  const sent = (half ? shown.slice(0, Math.floor(shown.length / 2)) : shown).map((row) =>
    typeof row === 'function' ? row() : row,
  );
  const to = (number: number, rel: string): string => {
    const address = new URL(url);
    address.searchParams.set('page', String(number));
    return `<${address.href}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [to(page - 1, 'prev')] : []),
    ...(page < last ? [to(page + 1, 'next'), to(last, 'last')] : []),
    ...(page > 1 ? [to(1, 'first')] : []),
  ];
  return { body: list.wrap(sent, list.rows.length), link: links.join(', ') };
};
