import type { DeskMessage } from "@/components/api/types";
import { backoff } from "./backoff";
import { parseFrame } from "./protocol";

/** The server says something at least every 10 s. */
const SILENCE_MS = 25_000;
/** The server's word for a session that is over. */
const SIGNED_OUT = 4401;

interface Handlers {
  onMessage(message: DeskMessage): void;
  /** The connection is gone; another try follows by itself. `refused` when it was never opened, or the server
   *  ended it because the session is over. */
  onLost(refused: boolean): void;
  /** Whether there is any use in connecting; when not, the next sign-in makes a new connection. */
  isSignedIn(): boolean;
}

/** The desk's connection. Keeps trying until closed. A line to a machine that is gone, or to a process that is
 *  frozen, stays open and brings nothing: silence counts as its end. */
export class DeskSocket {
  private socket: WebSocket | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly handlers: Handlers,
  ) {
    window.addEventListener("online", this.now);
    this.connect();
  }

  close(): void {
    this.stopped = true;
    window.removeEventListener("online", this.now);
    clearTimeout(this.retry);
    this.drop();
  }

  private readonly now = (): void => {
    if (this.socket?.readyState === WebSocket.OPEN) return;
    clearTimeout(this.retry);
    this.drop();
    this.connect();
  };

  private connect(): void {
    if (!this.handlers.isSignedIn()) return;
    const socket = new WebSocket(this.url);
    this.socket = socket;
    let opened = false;
    this.listen();
    socket.onopen = () => {
      opened = true;
    };
    socket.onmessage = (event) => this.hear(event.data);
    socket.onclose = (event) => this.lost(!opened || event.code === SIGNED_OUT);
  }

  private hear(data: unknown): void {
    const message = parseFrame(data);
    if (!message) return;
    // A server that accepts and falls over again must not be asked without a pause: only a message resets it.
    this.attempt = 0;
    this.listen();
    if (message.type !== "beat") this.handlers.onMessage(message);
  }

  /** Give up a server that says nothing from now on. */
  private listen(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      this.drop();
      this.lost(false);
    }, SILENCE_MS);
  }

  private lost(refused: boolean): void {
    clearTimeout(this.silence);
    if (this.stopped) return;
    this.handlers.onLost(refused);
    this.retry = setTimeout(() => this.connect(), backoff(this.attempt));
    this.attempt += 1;
  }

  /** Let go of the socket without hearing of its end, which may come much later on a dead line. */
  private drop(): void {
    clearTimeout(this.silence);
    if (!this.socket) return;
    this.socket.onopen = null;
    this.socket.onmessage = null;
    this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }
}

export function deskUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss" : "ws"}://${host}/api/v1/desk`;
}
