import { BackwardOutlined, CaretRightFilled, ForwardOutlined, PauseOutlined } from "@ant-design/icons";
import { Button, Select, Tooltip } from "antd";
import { useRef, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { Peaks, Recording } from "@/components/api/types";
import { stopwatch } from "@/components/format/time";
import { Notice } from "@/components/ui/Notice";
import css from "./player.module.css";
import type { PlayerClock } from "./playerClock";
import { SegmentStrip } from "./SegmentStrip";
import { useWave } from "./useWave";

const SPEEDS = [0.75, 1, 1.25, 1.5, 2];
const SKIP_S = 5;

interface Props {
  callId: string;
  recording: Recording;
  seconds: number;
  peaks: Peaks;
  clock: PlayerClock;
}

export default function Player({ callId, recording, seconds, peaks, clock }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const wave = useWave(box, callId, peaks, seconds, clock);
  return (
    <div data-testid="player" data-playing={wave.playing}>
      <SegmentStrip segments={recording.segments} seconds={seconds} onPlay={(at) => clock.playFrom(at)} />
      <div ref={box} className={css.wave} />
      {wave.failed && <Notice type="error" title={t("player.failed")} remedy={t("player.failedRemedy")} />}
      <div className={css.controls}>
        <Tooltip title={t("player.back", { s: SKIP_S })}>
          <Button
            type="text"
            icon={<BackwardOutlined />}
            aria-label={t("player.back", { s: SKIP_S })}
            onClick={() => wave.skip(-SKIP_S)}
          />
        </Tooltip>
        <Button
          type="primary"
          shape="circle"
          size="large"
          icon={wave.playing ? <PauseOutlined /> : <CaretRightFilled />}
          aria-label={wave.playing ? t("player.pause") : t("player.play")}
          onClick={wave.toggle}
          data-testid="player-play"
        />
        <Tooltip title={t("player.forward", { s: SKIP_S })}>
          <Button
            type="text"
            icon={<ForwardOutlined />}
            aria-label={t("player.forward", { s: SKIP_S })}
            onClick={() => wave.skip(SKIP_S)}
          />
        </Tooltip>
        <Position clock={clock} total={seconds} />
        <Select
          className={css.speed}
          defaultValue={1}
          variant="filled"
          aria-label={t("player.speed")}
          onChange={wave.setSpeed}
          options={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
        />
      </div>
    </div>
  );
}

function Position({ clock, total }: { clock: PlayerClock; total: number }) {
  const second = useSyncExternalStore(clock.subscribe, () => Math.floor(clock.now()));
  return (
    <span className={`${css.position} figures`} data-testid="player-position">
      {stopwatch(second)} <i>/ {stopwatch(total)}</i>
    </span>
  );
}
