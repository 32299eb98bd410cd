/** An error a person can mend: RFC 9457 from the server, or our own words when no answer came. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly field: string | null;
  readonly title: string;
  readonly remedy: string | null;

  constructor(parts: {
    status: number;
    code: string;
    title: string;
    field?: string | null;
    remedy?: string | null;
  }) {
    super(parts.title);
    this.name = "Problem";
    this.status = parts.status;
    this.code = parts.code;
    this.title = parts.title;
    this.field = parts.field ?? null;
    this.remedy = parts.remedy ?? null;
  }

  /** Worth asking again without a person's doing: no answer, or the server's own trouble. */
  get transient(): boolean {
    return this.status === 0 || this.status >= 500;
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const title = error instanceof Error ? error.message : String(error);
  return new Problem({ status: 0, code: "client", title });
}
