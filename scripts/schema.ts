/* npm run schema: writes infra.schema.json from the schema that reads infra.yaml. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { jsonSchema } from '../src/config/schema.ts';
import { home } from './project.ts';

writeFileSync(resolve(home, 'infra.schema.json'), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
