const IDLE_MS = 800;
const LONGEST_MS = 3000;

/** Sends what is being written when the typing pauses, and at the latest after a while; one at a time, the last
 *  words always. What could not be sent is sent with the next words, or after a while. */
export class NoteSaver {
  private waiting: string | null = null;
  private sending = false;
  private idle: ReturnType<typeof setTimeout> | undefined;
  private latest: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly send: (note: string) => Promise<unknown>) {}

  /** Whether the server has not heard the last words yet. */
  get busy(): boolean {
    return this.sending || this.waiting !== null;
  }

  /** The note is this by now. */
  write(note: string): void {
    this.waiting = note;
    clearTimeout(this.idle);
    this.idle = setTimeout(() => void this.flush(), IDLE_MS);
    this.latest ??= setTimeout(() => void this.flush(), LONGEST_MS);
  }

  /** Somebody else saves it. */
  drop(): void {
    this.waiting = null;
    this.stop();
  }

  /** Send what waits, now. */
  async flush(): Promise<void> {
    this.stop();
    const note = this.waiting;
    if (note === null || this.sending) return;
    this.waiting = null;
    this.sending = true;
    try {
      await this.send(note);
    } catch {
      this.waiting ??= note;
    }
    this.sending = false;
    if (this.waiting !== null) this.latest ??= setTimeout(() => void this.flush(), LONGEST_MS);
  }

  private stop(): void {
    clearTimeout(this.idle);
    clearTimeout(this.latest);
    this.latest = undefined;
  }
}
