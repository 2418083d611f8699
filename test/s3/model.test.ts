import { afterAll, beforeAll, describe } from 'vitest';
import { type S3Model, type S3Quirks, startS3Model } from '../support/s3-model.ts';
import { holdsContract } from './contract.ts';
import { placeOf } from './places.ts';

const kinds: readonly { title: string; quirks: S3Quirks; etags: 'quoted' | 'unquoted'; versions?: boolean }[] = [
  { title: 'takes both spellings', quirks: {}, etags: 'unquoted' },
  {
    title: 'refuses quoted ETags and checksums, as Hetzner',
    quirks: { unquotedOnly: true, rejectChecksums: true },
    etags: 'unquoted',
  },
  { title: 'refuses bare ETags', quirks: { quotedOnly: true }, etags: 'quoted' },
  { title: 'keeps no versions, as R2', quirks: { noVersioning: true }, etags: 'unquoted', versions: false },
];
for (const { title, quirks, etags, versions = true } of kinds)
  describe(`a model that ${title}`, () => {
    let model: S3Model;
    beforeAll(async () => {
      model = await startS3Model({ quirks });
      model.objects.versioning = versions;
    });
    afterAll(() => model.stop());
    // A few in the default suite; a thousand against real servers: npm run test:s3
    holdsContract({ place: () => placeOf(model), etags, versions, increments: 40 });
  });
