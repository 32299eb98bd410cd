/** Where the player is, for those who follow it. `seek` is filled in by the player once it can play. */
export class PlayerClock {
  private seconds = 0;
  private readonly listeners = new Set<() => void>();
  private player: ((seconds: number) => void) | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly now = (): number => this.seconds;

  tell(seconds: number): void {
    this.seconds = seconds;
    for (const listener of this.listeners) listener();
  }

  attach(player: ((seconds: number) => void) | null): void {
    this.player = player;
  }

  /** Play from here. */
  playFrom(seconds: number): void {
    this.player?.(seconds);
  }
}
