const FIRST_MS = 500;
const LONGEST_MS = 4_000;

/** How long to wait before try number `attempt` (0, 1, …). Half of it is chance, so that two hundred desks do
 *  not knock at once when the server comes back. */
export function backoff(attempt: number, chance: () => number = Math.random): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return whole / 2 + (whole / 2) * chance();
}
