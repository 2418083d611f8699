import type { ObservedItem } from '../../domain/observation.ts';
import type { Resource } from '../../domain/resource.ts';
import { listText, reason } from '../describe.ts';
import { type Difference, noDifference } from '../verdict.ts';

/** Fields: type and domains, both fixed at creation; and whether the issuance succeeded. */
export const diffCertificate = (want: Resource<'certificate'>, have: ObservedItem<'certificate'>): Difference => {
  const { type, domains, issuance, error } = have.facts;
  const reasons = [
    ...(type === want.spec.type
      ? []
      : [reason('type', 'the type of a certificate is fixed at its creation', type, want.spec.type)]),
    ...(listText(domains) === listText(want.spec.domains)
      ? []
      : [
          reason(
            'domains',
            'the domains of a certificate are fixed at its creation; the old one serves until the new one is there',
            listText(domains),
            listText(want.spec.domains),
          ),
        ]),
  ];
  if (reasons.length > 0) return { reasons, changes: [], replace: true };
  if (issuance !== 'failed') return noDifference;
  return {
    reasons: [reason('issuance', `the issuance failed: ${error ?? 'Hetzner gives no cause'}`, 'failed', 'completed')],
    changes: [{ op: 'retry-certificate' }],
  };
};
