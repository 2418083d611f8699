/** Of scripts that live through seeds: wrong usage ends with 64, as everywhere in this project. */
export const usageOf = (usage: string) => {
  const wrong = (text: string): never => {
    process.stderr.write(`${text}\n\n${usage}`);
    process.exit(64);
  };
  return {
    wrong,
    help: (): never => {
      process.stdout.write(usage);
      process.exit(0);
    },
    /** What `parse` makes of the arguments. */
    given: <T>(parse: () => T): T => {
      try {
        return parse();
      } catch (error) {
        return wrong(error instanceof Error ? error.message : String(error));
      }
    },
    number: (what: string, text: string | undefined, fallback: number): number => {
      const value = text === undefined ? fallback : Number(text);
      return Number.isInteger(value) && value >= 1 ? value : wrong(`--${what} ${text} is no whole number above 0`);
    },
    sabotage: <T extends string>(known: readonly T[], text: string | undefined): T | undefined =>
      text === undefined ? undefined : (known.find((one) => one === text) ?? wrong(`--sabotage ${text} is unknown`)),
  };
};
