/**
 * Server types that can no longer be ordered, with the day of their end and what followed them at about the same size.
 * docs.hetzner.cloud/changelog: CX22-CX52 and CPX11-CPX51 were deprecated on 2025-10-16 and left at the year's end (the
 * CPX 1-series lives on in the US); the shared Intel line CX11-CX51 and the older CCX lines had left before. Days
 * without a published date are the first on which the name was reported as unknown.
 */
interface Retirement {
  readonly on: string;
  readonly successor: string;
}

const on2026 = '2026-01-01';
export const retirements: Readonly<Record<string, Retirement>> = {
  cx22: { on: on2026, successor: 'cx23' },
  cx32: { on: on2026, successor: 'cx33' },
  cx42: { on: on2026, successor: 'cx43' },
  cx52: { on: on2026, successor: 'cx53' },
  cpx11: { on: on2026, successor: 'cpx12' },
  cpx21: { on: on2026, successor: 'cpx22' },
  cpx31: { on: on2026, successor: 'cpx32' },
  cpx41: { on: on2026, successor: 'cpx42' },
  cpx51: { on: on2026, successor: 'cpx52' },
  cx11: { on: '2024-09-06', successor: 'cx23' },
  cx21: { on: '2024-09-06', successor: 'cx23' },
  cx31: { on: '2024-09-06', successor: 'cx33' },
  cx41: { on: '2024-09-06', successor: 'cx43' },
  cx51: { on: '2024-09-06', successor: 'cx53' },
};

/** `cx22 was retired on 2026-01-01; it is followed by cx23`, once that day has come. */
export const retirementText = (type: string, now: string): string | undefined => {
  const retired = retirements[type];
  if (retired === undefined || now.slice(0, 10) < retired.on) return undefined;
  return `${type} was retired on ${retired.on}; it is followed by ${retired.successor}`;
};
