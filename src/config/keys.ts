import { z } from 'zod';
import type { Path } from './document.ts';
import { infraSchema } from './schema.ts';

/** The keys that the schema knows in the mapping at `path`; none where any name is allowed. */
export const allowedKeys = (path: Path): readonly string[] => {
  let schema: z.core.$ZodType | undefined = infraSchema;
  for (const part of path) schema = schema === undefined ? undefined : inner(unwrap(schema), part);
  const mapping = schema === undefined ? undefined : unwrap(schema);
  return mapping instanceof z.ZodObject ? Object.keys(mapping.shape) : [];
};

const inner = (schema: z.core.$ZodType, part: string | number): z.core.$ZodType | undefined => {
  if (schema instanceof z.ZodObject) return schema.shape[part] as z.core.$ZodType | undefined;
  if (schema instanceof z.ZodArray) return schema.element as z.core.$ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.core.$ZodType;
  return undefined;
};

/** Through optional, default, and to the mapping of a union of text and mapping. */
const unwrap = (schema: z.core.$ZodType): z.core.$ZodType => {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return unwrap(schema.unwrap() as z.core.$ZodType);
  if (schema instanceof z.ZodUnion)
    return (schema.options as z.core.$ZodType[]).map(unwrap).find((option) => option instanceof z.ZodObject) ?? schema;
  return schema;
};
