import { type RefObject, useEffect, useRef, useState } from "react";
import WaveSurfer from "wavesurfer.js";
import { apiUrl } from "@/components/api/client";
import type { Peaks } from "@/components/api/types";
import type { PlayerClock } from "./playerClock";

const CHANNEL = { height: 56, barWidth: 2, barGap: 1, barRadius: 1, cursorWidth: 2, cursorColor: "#17302d" };
const CALLER = { ...CHANNEL, waveColor: "#e3b79f", progressColor: "#b4572a" };
const AGENT = { ...CHANNEL, waveColor: "#a5cbc3", progressColor: "#14635c" };

/** Both sides by one scale, so that the loudest moment of the call is full height and the sides can be compared. */
function scaled({ caller, agent }: Peaks): number[][] {
  const loudest = Math.max(1, ...caller, ...agent);
  return [caller, agent].map((side) => side.map((peak) => peak / loudest));
}

export interface Wave {
  playing: boolean;
  /** The sound cannot be had: the words of the browser. */
  failed: string | null;
  toggle(): void;
  skip(seconds: number): void;
  setSpeed(rate: number): void;
}

/** Draw the two sides from peaks computed by the server, play the sound by range requests, keep the clock. */
export function useWave(
  box: RefObject<HTMLElement | null>,
  callId: string,
  peaks: Peaks,
  seconds: number,
  clock: PlayerClock,
): Wave {
  const wave = useRef<WaveSurfer | null>(null);
  const [playing, setPlaying] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (!box.current) return;
    const surfer = WaveSurfer.create({
      container: box.current,
      url: apiUrl(`/calls/${callId}/recording/both.wav`),
      peaks: scaled(peaks),
      duration: seconds,
      splitChannels: [CALLER, AGENT],
      dragToSeek: true,
    });
    wave.current = surfer;
    surfer.on("timeupdate", (at) => clock.tell(at));
    surfer.on("play", () => setPlaying(true));
    surfer.on("pause", () => setPlaying(false));
    surfer.on("error", (error) => setFailed(error.message));
    clock.attach((at) => {
      surfer.setTime(at);
      void surfer.play();
    });
    return () => {
      clock.attach(null);
      surfer.destroy();
    };
  }, [box, callId, peaks, seconds, clock]);
  return {
    playing,
    failed,
    toggle: () => void wave.current?.playPause(),
    skip: (by) => wave.current?.skip(by),
    setSpeed: (rate) => wave.current?.setPlaybackRate(rate, true),
  };
}
