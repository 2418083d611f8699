/** The words a user types for an environment: `pr-7` → `pr 7`. */
export const targetText = (environment: string): string => environment.replace(/^pr-(\d+)$/, 'pr $1');
